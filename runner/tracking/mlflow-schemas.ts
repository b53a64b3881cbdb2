import * as z from "zod/mini";

/*
 * Answers of MLflow's REST API 2.0. Fields keep the API's names. Unset fields are absent from its JSON; 64-bit
 * integers may come as strings.
 */

const Int64 = z.coerce.number();
const Text = z._default(z.string(), "");
const list = <T extends z.core.$ZodType>(item: T) => z._default(z.array(item), []);

/** JSON has no NaN and no infinities: MLflow sends them as strings. */
const MetricValue = z.pipe(
  z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]),
  z.transform((value) => Number(value)),
);

const KeyValue = z.object({ key: z.string(), value: Text });

export const Experiment = z.object({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: Text,
  lifecycle_stage: z._default(z.string(), "active"),
  creation_time: z.optional(Int64),
  last_update_time: z.optional(Int64),
  tags: list(KeyValue),
});
export type Experiment = z.infer<typeof Experiment>;

export const Metric = z.object({
  key: z.string(),
  value: MetricValue,
  timestamp: z._default(Int64, 0),
  step: z._default(Int64, 0),
});
export type Metric = z.infer<typeof Metric>;

export const MetricWithRun = z.extend(Metric, { run_id: z.string() });
export type MetricWithRun = z.infer<typeof MetricWithRun>;

export const Dataset = z.object({
  name: z.string(),
  digest: z.string(),
  source_type: Text,
  source: Text,
  schema: z.optional(z.string()),
  profile: z.optional(z.string()),
});
export type Dataset = z.infer<typeof Dataset>;

export const DatasetInput = z.object({ tags: list(KeyValue), dataset: Dataset });
export type DatasetInput = z.infer<typeof DatasetInput>;

export const RunInfo = z.object({
  run_id: z.string(),
  run_name: Text,
  experiment_id: z.string(),
  user_id: Text,
  status: z._default(z.string(), "RUNNING"),
  start_time: z._default(Int64, 0),
  end_time: z.optional(z.nullable(Int64)),
  artifact_uri: Text,
  lifecycle_stage: z._default(z.string(), "active"),
});

export const Run = z.object({
  info: RunInfo,
  data: z._default(z.object({ metrics: list(Metric), params: list(KeyValue), tags: list(KeyValue) }), {
    metrics: [],
    params: [],
    tags: [],
  }),
  inputs: z._default(z.object({ dataset_inputs: list(DatasetInput) }), { dataset_inputs: [] }),
});
export type Run = z.infer<typeof Run>;

export const FileInfo = z.object({
  path: z.string(),
  is_dir: z._default(z.boolean(), false),
  file_size: z._default(Int64, 0),
});
export type FileInfo = z.infer<typeof FileInfo>;

export const ModelVersion = z.object({
  name: z.string(),
  version: z.coerce.string(),
  source: Text,
  run_id: Text,
  status: Text,
  tags: list(KeyValue),
  aliases: list(z.string()),
});
export type ModelVersion = z.infer<typeof ModelVersion>;

export const RegisteredModel = z.object({
  name: z.string(),
  creation_timestamp: z._default(Int64, 0),
  description: Text,
  latest_versions: list(ModelVersion),
  tags: list(KeyValue),
  aliases: list(z.object({ alias: z.string(), version: z.coerce.string() })),
});
export type RegisteredModel = z.infer<typeof RegisteredModel>;
