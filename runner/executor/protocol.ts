import * as z from "zod/mini";
import { dataDescriptionSchema } from "../data/description.ts";
import { engineSpecSchema } from "../data/engines.ts";
import { childRunPolicies } from "../pipeline/define-project.ts";
import { trainingStages } from "../pipeline/stages.ts";

/** JSON has no NaN and no infinities; they travel as text. */
export type WireNumber = number | "NaN" | "Infinity" | "-Infinity";

export function toWire(metrics: Readonly<Record<string, number>>): Record<string, WireNumber> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [
      name,
      Number.isFinite(value) ? value : (String(value) as WireNumber),
    ]),
  );
}

export function fromWire(metrics: Readonly<Record<string, WireNumber>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number(value)]));
}

/** Schemas infer mutable arrays; messages are values. */
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export const wireMetrics = z.record(z.string(), z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]));
export const stageSchema = z.enum([...trainingStages, "predict"]);
export const sourceLocationSchema = z.object({ file: z.string(), line: z.number(), column: z.number() });
const count = z.int().check(z.nonnegative());

/** What the executor says of its project once it is loaded. */
export const projectDescriptionSchema = z.object({
  name: z.string(),
  data: dataDescriptionSchema,
  engine: engineSpecSchema,
  tracking: z.object({
    uri: z.exactOptional(z.string()),
    experiment: z.exactOptional(z.string()),
    childRuns: z.exactOptional(z.enum(childRunPolicies)),
  }),
  seed: z.int(),
  limits: z.object({ timeoutSeconds: z.exactOptional(z.number()), memoryMiB: z.exactOptional(z.number()) }),
});
export type ProjectDescription = DeepReadonly<z.infer<typeof projectDescriptionSchema>>;

// Host to executor. A request's body starts with an Arrow IPC stream: whole scenarios, sorted by the scenario key.

const rows = {
  id: count,
  /** Bytes of the Arrow stream at the start of the body. */
  rowsBytes: count,
  /** Scenarios at the start of the batch that are done already. */
  skip: count,
  numThreads: count,
  /** Report each stage as it starts and ends. */
  stages: z.boolean(),
};

export const requestSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("train"), ...rows }),
  z.object({
    type: z.literal("predict"),
    ...rows,
    /** Bytes of each scenario's model file, in scenario order, one after the other behind the rows; 0: it has none. */
    modelBytes: z.array(count),
  }),
]);
export type Request = DeepReadonly<z.infer<typeof requestSchema>>;

// Executor to host. Scenarios are answered in the order of the batch, each with `started` and then `result`.

const failure = z.object({
  name: z.string(),
  message: z.string(),
  stage: z.nullable(stageSchema),
  stack: z.string(),
  location: z.nullable(sourceLocationSchema),
});

const common = {
  stages: z.array(z.object({ name: stageSchema, ms: z.number() })),
  warnings: z.array(z.string()),
};
const succeeded = {
  ...common,
  status: z.literal("succeeded"),
  /** Hash of the rows that were seen. */
  digest: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  metrics: wireMetrics,
  tags: z.record(z.string(), z.string()),
  /** Files, one after the other in the body. */
  files: z.array(z.object({ path: z.string(), bytes: count })),
};
const failed = { ...common, status: z.literal("failed"), failure };

const resultBodySchema = z.discriminatedUnion("status", [z.object(succeeded), z.object(failed)]);
/** What became of a scenario. */
export type ResultBody = DeepReadonly<z.infer<typeof resultBodySchema>>;

const place = {
  type: z.literal("result"),
  request: count,
  /** Number of the scenario in its batch. */
  index: count,
  numRows: count,
};
const resultSchema = z.discriminatedUnion("status", [
  z.object({ ...place, ...succeeded }),
  z.object({ ...place, ...failed }),
]);

export const responseSchema = z.union([
  z.object({ type: z.literal("ready"), project: projectDescriptionSchema }),
  /** The project could not be loaded. */
  z.object({ type: z.literal("broken"), failure }),
  z.object({ type: z.literal("started"), request: count, index: count }),
  z.object({
    type: z.literal("stage"),
    request: count,
    index: count,
    stage: stageSchema,
    phase: z.enum(["start", "end"]),
    ms: z.nullable(z.number()),
    size: z.nullable(z.object({ rows: count, columns: count })),
  }),
  resultSchema,
  z.object({ type: z.literal("done"), request: count }),
]);
export type Response = DeepReadonly<z.infer<typeof responseSchema>>;

/** Path of the model file among a result's files. */
export const MODEL_FILE = "model/model.bin";
/** Path of the predictions (Arrow IPC) among a prediction's files. */
export const PREDICTIONS_FILE = "predictions.arrow";
