import { hash } from "node:crypto";
import { pathToFileURL } from "node:url";
import * as z from "zod/mini";
import { yamlJson } from "./model.ts";
import type { AcceptableRun, RunInput, RunMetric, RunStatus } from "./run-record.ts";

/** A file of a run's folder: its path in there and what it holds. */
export type FolderFile = readonly [path: string, content: string | Uint8Array];

const STATUS_NUMBERS = { RUNNING: 1, FINISHED: 3, FAILED: 4, KILLED: 5 } as const;

/**
 * Every file of the folder of `run` in the layout of MLflow's file store, `meta.yaml` among them. `userName` is its user
 * unless a tag says otherwise.
 */
export function runFiles(
  run: AcceptableRun,
  experimentId: string,
  artifactUri: string,
  userName: string,
): FolderFile[] {
  const files: FolderFile[] = [["meta.yaml", runMeta(run, experimentId, artifactUri, userName)]];
  for (const [key, value] of Object.entries(run.params)) files.push([`params/${key}`, value]);
  for (const [key, value] of Object.entries(run.tags)) files.push([`tags/${key}`, value]);
  for (const [key, lines] of metricFiles(run.metrics)) files.push([`metrics/${key}`, lines]);
  for (const { path, bytes } of run.artifacts) files.push([`artifacts/${path}`, bytes]);
  for (const input of run.inputs) files.push(inputFile(input, run.runId));
  return files;
}

/** The folders that MLflow wants to see even if they are empty. */
export const RUN_FOLDERS = ["metrics", "params", "tags", "artifacts"] as const;

function runMeta(run: AcceptableRun, experimentId: string, artifactUri: string, userName: string): string {
  return yamlJson({
    artifact_uri: artifactUri,
    end_time: run.endTimeMs ?? null,
    entry_point_name: "",
    experiment_id: experimentId,
    lifecycle_stage: "active",
    run_id: run.runId,
    run_name: run.runName,
    run_uuid: run.runId,
    source_name: "",
    source_type: 4,
    source_version: "",
    start_time: run.startTimeMs,
    status: STATUS_NUMBERS[run.status],
    tags: [],
    user_id: run.tags["mlflow.user"] ?? userName,
  });
}

/** The text of `meta.yaml` after the run ended. */
export function finishedMeta(meta: Readonly<Record<string, unknown>>, status: RunStatus, endTimeMs: number): string {
  return yamlJson({ ...meta, status: STATUS_NUMBERS[status], end_time: endTimeMs });
}

/** Name and content of each metric's history file. */
export function metricFiles(metrics: readonly RunMetric[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const { key, value, timestampMs, step } of metrics) {
    files.set(key, `${files.get(key) ?? ""}${timestampMs} ${pythonNumber(value)} ${step}\n`);
  }
  return files;
}

/** The id under which MLflow's file store keeps a dataset. */
export function datasetId(input: { readonly name: string; readonly digest: string }): string {
  return md5(input.name + input.digest);
}

/** The description of a dataset, kept once for an experiment. */
export function datasetMeta(input: RunInput): string {
  return yamlJson({
    digest: input.digest,
    name: input.name,
    profile: input.profile ?? null,
    schema: input.schema ?? null,
    source: input.source,
    source_type: input.sourceType,
  });
}

function inputFile(input: RunInput, runId: string): FolderFile {
  const dataset = datasetId(input);
  const meta = yamlJson({
    destination_id: dataset,
    destination_type: "RUN",
    source_id: dataset,
    source_type: "DATASET",
    tags: { "mlflow.data.context": input.context },
  });
  return [`inputs/${md5(dataset + runId)}/meta.yaml`, meta];
}

/**
 * Artifacts are named by an absolute `file:` address, as MLflow itself writes it: a relative one would be looked up in
 * the working directory of whoever reads. Our own readers go by the folder itself, so they also read a moved one.
 */
export function artifactUri(folder: string): string {
  return pathToFileURL(folder).href;
}

function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  return String(value);
}

function md5(text: string): string {
  return hash("md5", text);
}

/** What the readers need of a run's `meta.yaml`. */
export const RunMeta = z.looseObject({
  run_id: z.string(),
  experiment_id: z.coerce.string(),
  run_name: z.optional(z.nullable(z.string())),
  status: z.optional(z.nullable(z.number())),
  start_time: z.nullable(z.number()),
  end_time: z.optional(z.nullable(z.number())),
  lifecycle_stage: z.optional(z.string()),
});

/** What the readers need of an experiment's `meta.yaml`. */
export const ExperimentMeta = z.looseObject({
  experiment_id: z.coerce.string(),
  name: z.string(),
  lifecycle_stage: z.optional(z.string()),
});
