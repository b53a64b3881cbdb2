import { scenarioId } from "../data/scenario.ts";
import type { BatchResults } from "./batch-results.ts";
import { type ParquetColumn, type ParquetType, type ParquetValue, parquetFile } from "./parquet.ts";

/** One row a scenario as Parquet: key, status, run, error, times, metrics and parameters. */
export function resultsTable(results: BatchResults, scenarioKey: readonly string[]): Uint8Array {
  const columns: ParquetColumn[] = [];
  const add = (name: string, type: ParquetType, value: (place: number) => ParquetValue) =>
    columns.push({ name, type, values: Array.from({ length: results.size }, (_, place) => value(place)) });
  const number = (value: number) => (Number.isNaN(value) ? null : value);

  for (const name of scenarioKey) add(name, keyType(name, results), (place) => results.key(place)[name]);
  add("scenario_id", "string", (place) => scenarioId(results.key(place)));
  add("status", "string", (place) => (results.failure(place) === null ? "succeeded" : "failed"));
  add("run_id", "string", (place) => results.runId(place));
  add("error", "string", (place) => {
    const failure = results.failure(place);
    return failure === null ? null : `${failure.name}: ${failure.message}`;
  });
  add("error_stage", "string", (place) => results.failure(place)?.stage ?? null);
  add("num_rows", "integer", (place) => number(results.measure("num_rows", place)));
  add("seconds", "float", (place) => number(results.measure("seconds", place)));
  for (const stage of results.stageNames)
    add(`ms_${stage}`, "float", (place) => number(results.measure(`ms_${stage}`, place)));
  for (const metric of results.metricNames) add(metric, "float", (place) => number(results.metric(metric, place)));
  add("params", "string", (place) => results.params(place));
  return parquetFile(columns);
}

function keyType(name: string, results: BatchResults): ParquetType {
  const every = (test: (value: unknown) => boolean) => {
    for (let place = 0; place < results.size; place++) if (!test(results.key(place)[name])) return false;
    return true;
  };
  if (every(Number.isSafeInteger)) return "integer";
  if (every((value) => typeof value === "number")) return "float";
  return every((value) => typeof value === "boolean") ? "boolean" : "string";
}
