import { join } from "node:path";
import * as z from "zod/mini";
import type { RunRecord } from "../../../runner/tracking/run-record.ts";
import { runPython } from "../../setup/mlflow-server.ts";

/** A run as MLflow's Python client reads it; numbers as Python prints them, as JSON has no NaN. */
const PythonRun = z.object({
  runId: z.string(),
  name: z.string(),
  status: z.string(),
  start: z.number(),
  end: z.nullable(z.number()),
  params: z.record(z.string(), z.string()),
  metrics: z.record(z.string(), z.string()),
  history: z.record(z.string(), z.array(z.tuple([z.number(), z.string(), z.number()]))),
  tags: z.record(z.string(), z.string()),
  inputs: z.array(z.looseObject({ name: z.string(), digest: z.string() })),
  artifacts: z.nullable(z.record(z.string(), z.string())),
});
export type PythonRun = z.infer<typeof PythonRun>;

const PythonView = z.object({
  experiment: z.string(),
  runs: z.array(PythonRun),
  models: z.array(
    z.object({
      name: z.string(),
      aliases: z.record(z.string(), z.number()),
      versions: z.array(z.object({ version: z.number(), runId: z.string(), flavors: z.nullable(z.array(z.string())) })),
    }),
  ),
});
export type PythonView = z.infer<typeof PythonView>;

/** What MLflow's own client finds in an experiment. */
export async function readWithPython(
  trackingUri: string,
  experiment: string,
  ...options: string[]
): Promise<PythonView> {
  const script = join(import.meta.dirname, "read_runs.py");
  return PythonView.parse(await runPython(script, trackingUri, experiment, ...options));
}

/** `record` as MLflow's client should read it from a folder, where all numbers stay what they are. */
export function expectedRun(record: RunRecord, infinity = "inf") {
  const history: Record<string, [number, string, number][]> = {};
  for (const { key, value, step, timestampMs } of record.metrics) {
    history[key] ??= [];
    history[key].push([step, pythonNumber(value, infinity), timestampMs]);
  }
  return {
    name: record.runName,
    status: record.status,
    start: record.startTimeMs,
    end: record.endTimeMs ?? null,
    params: record.params,
    history,
    inputs: record.inputs.map(({ name, digest, sourceType, source, schema, context }) => ({
      name,
      digest,
      sourceType,
      source,
      schema,
      context,
    })),
  };
}

function pythonNumber(value: number, infinity: string): string {
  if (Number.isNaN(value)) return "nan";
  if (value === Number.POSITIVE_INFINITY) return infinity;
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
