import type { BatchResults } from "./batch-results.ts";
import { type ParquetColumn, type ParquetType, type ParquetValue, parquetFile } from "./parquet.ts";

/** One row a scenario as Parquet: key, status, run, error, times, metrics and parameters. */
export function resultsTable(results: BatchResults, scenarioKey: readonly string[]): Uint8Array {
  const columns: ParquetColumn[] = [];
  const add = (name: string, type: ParquetType, value: (place: number) => ParquetValue) =>
    columns.push({ name, type, values: Array.from({ length: results.size }, (_, place) => value(place)) });
  const number = (value: number) => (Number.isNaN(value) ? null : value);

  for (const name of scenarioKey) add(name, keyType(name, results), (place) => results.texts(place).key[name]);
  add("scenario_id", "string", (place) => results.texts(place).id);
  add("status", "string", (place) => (results.texts(place).failure === null ? "succeeded" : "failed"));
  add("run_id", "string", (place) => results.texts(place).runId);
  add("error", "string", (place) => {
    const failure = results.texts(place).failure;
    return failure === null ? null : `${failure.name}: ${failure.message}`;
  });
  add("error_stage", "string", (place) => results.texts(place).failure?.stage ?? null);
  add("num_rows", "integer", (place) => number(results.number("num_rows", place)));
  add("seconds", "float", (place) =>
    number((results.number("end_ms", place) - results.number("start_ms", place)) / 1000),
  );
  for (const stage of results.stageNames)
    add(`ms_${stage}`, "float", (place) => number(results.number(`ms ${stage}`, place)));
  for (const metric of results.metricNames) add(metric, "float", (place) => number(results.metric(metric, place)));
  add("params", "string", (place) => results.texts(place).params);
  return parquetFile(columns);
}

function keyType(name: string, results: BatchResults): ParquetType {
  const every = (test: (value: unknown) => boolean) => {
    for (let place = 0; place < results.size; place++) if (!test(results.texts(place).key[name])) return false;
    return true;
  };
  if (every(Number.isSafeInteger)) return "integer";
  if (every((value) => typeof value === "number")) return "float";
  return every((value) => typeof value === "boolean") ? "boolean" : "string";
}
