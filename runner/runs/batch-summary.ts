import type { JournalEntry } from "./journal.ts";
import { type ParquetColumn, type ParquetType, type ParquetValue, parquetFile } from "./parquet.ts";

const percentiles = { p10: 0.1, p25: 0.25, median: 0.5, p75: 0.75, p90: 0.9 } as const;

/** What a batch came to. */
export interface BatchSummary {
  readonly succeeded: number;
  readonly failed: number;
  /** For each metric its mean and percentiles over the scenarios that have it, as `wape/mean`, `wape/median`, ... */
  readonly metrics: Readonly<Record<string, number>>;
}

export function summarize(entries: Iterable<JournalEntry>): BatchSummary {
  const columns = new Map<string, number[]>();
  let succeeded = 0;
  let failed = 0;
  for (const entry of entries) {
    if (entry.status === "failed") failed++;
    else succeeded++;
    for (const [name, value] of Object.entries(entry.metrics)) {
      if (value === null) continue;
      const column = columns.get(name);
      if (column === undefined) columns.set(name, [value]);
      else column.push(value);
    }
  }
  const metrics: Record<string, number> = {};
  for (const [name, values] of columns) {
    const sorted = Float64Array.from(values).sort();
    metrics[`${name}/mean`] = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
    for (const [label, share] of Object.entries(percentiles)) metrics[`${name}/${label}`] = quantile(sorted, share);
  }
  return { succeeded, failed, metrics };
}

/** Linear interpolation between the closest ranks, NumPy's default. @param sorted ascending, at least one value. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

/** One row a scenario as Parquet: key, status, run, error, times, metrics and parameters. */
export function resultsTable(entries: readonly JournalEntry[], scenarioKey: readonly string[]): Uint8Array {
  const columns: ParquetColumn[] = [];
  const add = (name: string, type: ParquetType, value: (entry: JournalEntry) => ParquetValue) =>
    columns.push({ name, type, values: entries.map(value) });
  for (const name of scenarioKey) add(name, keyType(name, entries), ({ scenario }) => scenario[name]);
  add("scenario_id", "string", ({ id }) => id);
  add("status", "string", ({ status }) => status);
  add("run_id", "string", ({ runId }) => runId);
  add("error", "string", ({ error }) => (error === null ? null : `${error.name}: ${error.message}`));
  add("error_stage", "string", ({ error }) => error?.stage ?? null);
  add("num_rows", "integer", ({ numRows }) => numRows);
  add("seconds", "float", ({ startTimeMs, endTimeMs }) => (endTimeMs - startTimeMs) / 1000);
  for (const stage of namesIn(entries, ({ stages }) => stages.map(({ name }) => name))) {
    add(`ms_${stage}`, "float", ({ stages }) => stages.find(({ name }) => name === stage)?.ms ?? null);
  }
  for (const metric of namesIn(entries, ({ metrics }) => Object.keys(metrics))) {
    add(metric, "float", ({ metrics }) => metrics[metric] ?? null);
  }
  add("params", "string", ({ params }) => JSON.stringify(params));
  return parquetFile(columns);
}

function namesIn(entries: readonly JournalEntry[], names: (entry: JournalEntry) => readonly string[]): string[] {
  const found = new Set<string>();
  for (const entry of entries) for (const name of names(entry)) found.add(name);
  return [...found];
}

function keyType(name: string, entries: readonly JournalEntry[]): ParquetType {
  const values = entries.map(({ scenario }) => scenario[name]);
  if (values.every((value) => Number.isSafeInteger(value))) return "integer";
  if (values.every((value) => typeof value === "number")) return "float";
  return values.every((value) => typeof value === "boolean") ? "boolean" : "string";
}
