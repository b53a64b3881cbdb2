import type { KeyValue, ScenarioId, ScenarioKey } from "../data/scenario.ts";
import type { Engine, Selection } from "../engines/engine.ts";

/** The scenarios that a run is about, known before it starts. */
export interface ScenarioCount {
  readonly numScenarios: number;
  readonly numRows: number;
  /** Rows that belong to no scenario because a key column is missing in them. */
  readonly nullKeyRows: number;
}

/** Counts the selected scenarios by one aggregate query. @param keep `false` leaves a scenario out. */
export async function countScenarios(
  engine: Engine,
  selection: Selection,
  keep: (id: ScenarioId) => boolean = () => true,
): Promise<ScenarioCount & { keys: ScenarioKey[] }> {
  const pages = engine.list(selection);
  const keys: ScenarioKey[] = [];
  let numRows = 0;
  for await (const page of pages) {
    for (const summary of page) {
      if (!keep(summary.id)) continue;
      keys.push(summary.key);
      numRows += summary.numRows;
    }
  }
  return { keys, numScenarios: keys.length, numRows, nullKeyRows: pages.nullKeyRows };
}

/** Batches small enough that every executor gets several, large enough that their overhead is nothing. */
export function batchRows(numRows: number, jobs: number): number {
  return Math.max(1, Math.min(10_000, Math.ceil(numRows / (jobs * 8))));
}

/** A key for people: `store 2, brand 1`. */
export function readableKey(key: Readonly<Record<string, KeyValue>>): string {
  return Object.entries(key)
    .map(([column, value]) => `${column} ${value}`)
    .join(", ");
}
