import type { KeyValue, ScenarioId, ScenarioKey } from "../data/scenario.ts";
import type { Engine, ScenarioSummary, Selection } from "../engines/engine.ts";
import type { BatchResults } from "./batch-results.ts";
import { parseScenarioFilter, type ScenarioFilter } from "./scenario-filter.ts";

export type ScenarioStatus = "untrained" | "succeeded" | "failed";

/** How scenarios are ordered: by the engine's order of the key, by rows, or by a metric; missing values come last. */
export interface ScenarioOrder {
  readonly by: "key" | "rows" | { readonly metric: string };
  readonly descending: boolean;
}

export interface ScenarioDetail {
  readonly id: ScenarioId;
  readonly key: ScenarioKey;
  readonly numRows: number;
  readonly firstTime: KeyValue | null;
  readonly lastTime: KeyValue | null;
  readonly status: ScenarioStatus;
  readonly error: string | null;
  readonly runId: string | null;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * All scenarios of a project with their last results, kept in the runner so that an editor asks only for what it shows.
 * Filtering and sorting a hundred thousand of them takes some tens of milliseconds.
 */
export class ScenarioIndex {
  readonly #summaries: readonly ScenarioSummary[];
  readonly #results: BatchResults;
  /** Rows of the master table that belong to no scenario. */
  readonly nullKeyRows: number;

  constructor(summaries: readonly ScenarioSummary[], results: BatchResults, nullKeyRows: number) {
    this.nullKeyRows = nullKeyRows;
    this.#summaries = summaries;
    this.#results = results;
  }

  /** Lists the scenarios by the engine's one aggregate query. @param results the last result of each; grows as more come. */
  static async read(engine: Engine, results: BatchResults, selection: Selection = {}): Promise<ScenarioIndex> {
    const summaries: ScenarioSummary[] = [];
    const pages = engine.list(selection);
    for await (const page of pages) summaries.push(...page);
    return new ScenarioIndex(summaries, results, pages.nullKeyRows);
  }

  get size(): number {
    return this.#summaries.length;
  }

  /** The scenarios that a filter leaves, in an order. @throws ScenarioFilterError */
  view(filter: string, order: ScenarioOrder): ScenarioView {
    const accepts = filter.trim() === "" ? null : parseScenarioFilter(filter);
    const rows = Uint32Array.from(this.#summaries, (_, row) => row).filter(
      (row) => accepts === null || this.#accepts(accepts, row),
    );
    if (order.by !== "key") rows.sort(this.#comparison(order));
    else if (order.descending) rows.reverse();
    return new ScenarioView(this, rows);
  }

  detail(row: number): ScenarioDetail {
    const { id, key, numRows, firstTime, lastTime } = this.#summaries[row];
    const place = this.#results.place(id);
    const texts = place === null ? null : this.#results.texts(place);
    const metrics: Record<string, number> = {};
    for (const name of place === null ? [] : this.#results.metricNames) {
      const value = this.#results.metric(name, place ?? 0);
      if (!Number.isNaN(value)) metrics[name] = value;
    }
    return {
      id,
      key,
      numRows,
      firstTime,
      lastTime,
      status: this.status(row),
      error: texts?.failure == null ? null : `${texts.failure.name}: ${texts.failure.message}`,
      runId: texts?.runId ?? null,
      metrics,
    };
  }

  status(row: number): ScenarioStatus {
    const place = this.#results.place(this.#summaries[row].id);
    if (place === null) return "untrained";
    return this.#results.texts(place).failure === null ? "succeeded" : "failed";
  }

  #metric(row: number, name: string): number {
    const place = this.#results.place(this.#summaries[row].id);
    return place === null ? Number.NaN : this.#results.metric(name, place);
  }

  #accepts(filter: ScenarioFilter, row: number): boolean {
    const { id, key, numRows } = this.#summaries[row];
    return filter({
      id,
      status: this.status(row),
      numRows,
      key: (column) => (Object.hasOwn(key, column) ? String(key[column]) : null),
      metric: (name) => (this.#results.hasMetric(name) ? this.#metric(row, name) : null),
    });
  }

  #comparison({ by, descending }: ScenarioOrder): (a: number, b: number) => number {
    const values = Float64Array.from(this.#summaries, ({ numRows }, row) =>
      typeof by === "object" ? this.#metric(row, by.metric) : numRows,
    );
    return (a, b) => {
      if (Number.isNaN(values[a]) || Number.isNaN(values[b]))
        return Number(Number.isNaN(values[a])) - Number(Number.isNaN(values[b])) || a - b;
      return (descending ? values[b] - values[a] : values[a] - values[b]) || a - b;
    };
  }
}

/** Scenarios that a filter left, in an order. */
class ScenarioView {
  readonly #index: ScenarioIndex;
  readonly #rows: Uint32Array;

  constructor(index: ScenarioIndex, rows: Uint32Array) {
    this.#index = index;
    this.#rows = rows;
  }

  get size(): number {
    return this.#rows.length;
  }

  /** A page of `limit` scenarios from `offset`. */
  scenarios(offset: number, limit: number): ScenarioDetail[] {
    return Array.from(this.#rows.subarray(offset, offset + limit), (row) => this.#index.detail(row));
  }
}
