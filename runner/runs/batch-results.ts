import type { ScenarioId, ScenarioKey } from "../data/scenario.ts";
import type { Failure } from "../pipeline/failure.ts";
import { GrowingColumn } from "./growing-column.ts";
import type { JournalEntry } from "./journal.ts";

/** Why one scenario failed. */
export interface ScenarioFailure {
  readonly scenario: ScenarioKey;
  readonly error: Failure;
}

/**
 * The results of a batch by columns: a hundred thousand scenarios must fit beside everything else, and as objects they
 * would take ten times as much. A scenario's place is its row in all of them.
 */
export class BatchResults {
  readonly #places = new Map<ScenarioId, number>();
  readonly #keys: ScenarioKey[] = [];
  readonly #runIds: (string | null)[] = [];
  readonly #digests: (string | null)[] = [];
  readonly #params: string[] = [];
  readonly #failures = new Map<number, Failure>();
  readonly #numbers = new Map<string, GrowingColumn>();
  readonly #stages = new Set<string>();
  readonly #metrics = new Set<string>();
  /** Many scenarios have the same parameters: one text for all of them. */
  readonly #sameText = new Map<string, string>();

  get size(): number {
    return this.#keys.length;
  }

  get numFailed(): number {
    return this.#failures.size;
  }

  /** Names of the metrics that any scenario has, in the order of their first appearance. */
  get metricNames(): readonly string[] {
    return [...this.#metrics];
  }

  get stageNames(): readonly string[] {
    return [...this.#stages];
  }

  has(id: ScenarioId): boolean {
    return this.#places.has(id);
  }

  /** Adds a result; one of the same scenario is replaced. */
  add(entry: JournalEntry): void {
    const id = entry.id as ScenarioId;
    const place = this.#places.get(id) ?? this.#keys.length;
    this.#places.set(id, place);
    this.#keys[place] = entry.scenario;
    this.#runIds[place] = entry.runId;
    this.#digests[place] = entry.digest;
    this.#params[place] = this.#interned(JSON.stringify(entry.params));
    if (entry.error === null) this.#failures.delete(place);
    else this.#failures.set(place, entry.error);
    this.#column("num_rows").set(place, entry.numRows);
    this.#column("seconds").set(place, (entry.endTimeMs - entry.startTimeMs) / 1000);
    for (const { name, ms } of entry.stages) {
      this.#stages.add(name);
      this.#column(`ms_${name}`).set(place, ms);
    }
    for (const name of this.#metrics) this.#column(`metric ${name}`).set(place, Number.NaN);
    for (const [name, value] of Object.entries(entry.metrics)) {
      this.#metrics.add(name);
      this.#column(`metric ${name}`).set(place, value ?? Number.NaN);
    }
  }

  key(place: number): ScenarioKey {
    return this.#keys[place];
  }

  runId(place: number): string | null {
    return this.#runIds[place];
  }

  /** Hash of the rows that the scenario's model saw; `null` when it failed. */
  digest(place: number): string | null {
    return this.#digests[place];
  }

  /** The parameters as JSON. */
  params(place: number): string {
    return this.#params[place];
  }

  failure(place: number): Failure | null {
    return this.#failures.get(place) ?? null;
  }

  /** NaN where the scenario doesn't have it. */
  metric(name: string, place: number): number {
    return this.#numbers.get(`metric ${name}`)?.get(place) ?? Number.NaN;
  }

  /** `num_rows`, `seconds` or `ms_<stage>`. */
  measure(name: string, place: number): number {
    return this.#numbers.get(name)?.get(place) ?? Number.NaN;
  }

  ids(): IterableIterator<ScenarioId> {
    return this.#places.keys();
  }

  failures(): ScenarioFailure[] {
    return [...this.#failures].map(([place, error]) => ({ scenario: this.#keys[place], error }));
  }

  #column(name: string): GrowingColumn {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const column = new GrowingColumn();
    this.#numbers.set(name, column);
    return column;
  }

  #interned(text: string): string {
    const known = this.#sameText.get(text);
    if (known !== undefined) return known;
    this.#sameText.set(text, text);
    return text;
  }
}
