import { type KeyValue, type ScenarioId, type ScenarioKey, scenarioId } from "../data/scenario.ts";
import { DataError } from "../engines/data-error.ts";
import type { Engine, Selection } from "../engines/engine.ts";
import type { BatchScenario, ScenarioResult } from "../executor/batch.ts";

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

/** Those of the scenarios that were asked for that are not among those found, each once. */
export function absentScenarios(asked: readonly ScenarioKey[], found: readonly ScenarioKey[]): BatchScenario[] {
  const known = new Set(asked.length === 0 ? [] : found.map(scenarioId));
  const absent: BatchScenario[] = [];
  for (const key of asked) {
    const id = scenarioId(key);
    if (!known.has(id)) absent.push({ id, key, numRows: 0 });
    known.add(id);
  }
  return absent;
}

/** The result of a scenario without rows. @param where they are missing. */
export function notFound(scenario: BatchScenario, where: string): ScenarioResult {
  const now = Date.now();
  const message = `no rows of ${where} have this key; \`scenario list\` shows the scenarios`;
  const failure = { name: "ScenarioNotFoundError", message, stage: null, stack: "", location: null };
  return { scenario, startTimeMs: now, endTimeMs: now, stages: [], warnings: [], status: "failed", failure };
}

/** A selection that holds for nothing. */
export function noSuchRows({ where }: Pick<Selection, "where">): DataError {
  const condition = where === undefined ? "there is no row" : `--where "${where}" holds for no row`;
  return new DataError(
    "EMPTY",
    `${condition} that has a scenario key`,
    where === undefined ? {} : { query: "--where" },
  );
}
