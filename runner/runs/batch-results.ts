import type { ScenarioId, ScenarioKey } from "../data/scenario.ts";
import type { Failure } from "../pipeline/failure.ts";
import { GrowingColumn } from "./growing-column.ts";
import type { JournalEntry, ModelPlace } from "./journal.ts";

/** Why one scenario failed. */
export interface ScenarioFailure {
  readonly scenario: ScenarioKey;
  readonly error: Failure;
}

/** What a scenario has besides numbers. */
export interface ResultTexts {
  readonly id: ScenarioId;
  readonly key: ScenarioKey;
  readonly runId: string | null;
  /** Hash of the rows that the model saw; `null` when the scenario failed. */
  readonly digest: string | null;
  /** Parameters as JSON. */
  readonly params: string;
  /** Version of the code. */
  readonly code: string;
  readonly failure: Failure | null;
}

/**
 * Results of scenarios by columns: a hundred thousand of them must fit beside everything else, and as objects they would
 * take ten times as much. A scenario's place is its row in all columns.
 */
export class BatchResults {
  readonly #places = new Map<ScenarioId, number>();
  readonly #texts: ResultTexts[] = [];
  readonly #numbers = new Map<string, GrowingColumn>();
  /** Many scenarios have the same parameters and code: one text for all of them. */
  readonly #sameText = new Map<string, string>();
  #numFailed = 0;

  get size(): number {
    return this.#texts.length;
  }

  get numFailed(): number {
    return this.#numFailed;
  }

  /** Names of the metrics that any scenario has, in the order of their first appearance. */
  get metricNames(): readonly string[] {
    return this.#namesAfter("metric ");
  }

  get stageNames(): readonly string[] {
    return this.#namesAfter("ms ");
  }

  /** `num_rows`, `start_ms`, `end_ms`, `packed_offset`, `packed_bytes`, `ms <stage>`, `metric <name>`. */
  get numberNames(): readonly string[] {
    return [...this.#numbers.keys()];
  }

  place(id: ScenarioId): number | null {
    return this.#places.get(id) ?? null;
  }

  has(id: ScenarioId): boolean {
    return this.#places.has(id);
  }

  /** Adds a result; one of the same scenario is replaced. */
  add(entry: JournalEntry): void {
    const { id, scenario, runId, digest, code, error } = entry;
    const params = JSON.stringify(entry.params);
    const place = this.put({ id: id as ScenarioId, key: scenario, runId, digest, params, code, failure: error });
    const set = (name: string, value: number) => this.putNumber(name, place, value);
    set("num_rows", entry.numRows);
    set("start_ms", entry.startTimeMs);
    set("end_ms", entry.endTimeMs);
    set("packed_offset", entry.packed?.offset ?? Number.NaN);
    set("packed_bytes", entry.packed?.bytes ?? Number.NaN);
    for (const { name, ms } of entry.stages) set(`ms ${name}`, ms);
    for (const [name, value] of Object.entries(entry.metrics)) set(`metric ${name}`, Number(value));
  }

  /** Takes a result over from others; one of the same scenario is replaced. */
  copy(from: BatchResults, place: number): void {
    const here = this.put(from.texts(place));
    for (const name of from.numberNames) this.putNumber(name, here, from.number(name, place));
  }

  /** @returns the place. Numbers of an earlier result of the scenario are forgotten. */
  put(texts: ResultTexts): number {
    const known = this.#places.get(texts.id);
    const place = known ?? this.#texts.length;
    if (known !== undefined) {
      if (this.#texts[known].failure !== null) this.#numFailed--;
      for (const column of this.#numbers.values()) column.set(place, Number.NaN);
    }
    if (texts.failure !== null) this.#numFailed++;
    this.#places.set(texts.id, place);
    this.#texts[place] = { ...texts, params: this.#interned(texts.params), code: this.#interned(texts.code) };
    return place;
  }

  putNumber(name: string, place: number, value: number): void {
    let column = this.#numbers.get(name);
    if (column === undefined) {
      column = new GrowingColumn();
      this.#numbers.set(name, column);
    }
    column.set(place, value);
  }

  texts(place: number): ResultTexts {
    return this.#texts[place];
  }

  /** NaN where the scenario doesn't have it. */
  number(name: string, place: number): number {
    return this.#numbers.get(name)?.get(place) ?? Number.NaN;
  }

  /** Whether any scenario has it. */
  hasMetric(name: string): boolean {
    return this.#numbers.has(`metric ${name}`);
  }

  metric(name: string, place: number): number {
    return this.number(`metric ${name}`, place);
  }

  /** All metrics of a scenario; those that are NaN are `null`. */
  metrics(place: number): Record<string, number | null> {
    const metrics: Record<string, number | null> = {};
    if (this.#texts[place].failure !== null) return metrics;
    for (const name of this.metricNames) {
      const value = this.metric(name, place);
      metrics[name] = Number.isNaN(value) ? null : value;
    }
    return metrics;
  }

  /** Where the model is when no run has it. */
  packed(place: number): ModelPlace | null {
    const offset = this.number("packed_offset", place);
    return Number.isNaN(offset) ? null : { offset, bytes: this.number("packed_bytes", place) };
  }

  failures(): ScenarioFailure[] {
    return this.#texts.flatMap(({ key, failure }) => (failure === null ? [] : [{ scenario: key, error: failure }]));
  }

  #namesAfter(prefix: string): string[] {
    return this.numberNames.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  #interned(text: string): string {
    const known = this.#sameText.get(text);
    if (known !== undefined) return known;
    this.#sameText.set(text, text);
    return text;
  }
}
