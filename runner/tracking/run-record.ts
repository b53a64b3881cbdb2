import { createHash } from "node:crypto";
import { TrackingError } from "./errors.ts";
import { safeKeys } from "./keys.ts";
import {
  DATASET_DIGEST_LENGTH,
  DATASET_NAME_LENGTH,
  DATASET_PROFILE_LENGTH,
  DATASET_SCHEMA_LENGTH,
  DATASET_SOURCE_LENGTH,
  INPUT_TAG_LENGTH,
  PARAM_LENGTH,
  RUN_NAME_LENGTH,
  TAG_LENGTH,
} from "./limits.ts";
import { modelArtifacts, type RunModel } from "./model.ts";
import { cut, wellFormed } from "./text.ts";

export type RunStatus = "RUNNING" | "FINISHED" | "FAILED" | "KILLED";

/** One point of a metric's history. `value` may be NaN or infinite; `timestampMs` is milliseconds since 1970. */
export interface RunMetric {
  readonly key: string;
  readonly value: number;
  readonly timestampMs: number;
  readonly step: number;
}

/** A dataset that the run read: MLflow's dataset input. `digest` names its content, `context` is e.g. `training`. */
export interface RunInput {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  /** Where it comes from: JSON text, as in MLflow (`{"uri": "file:///..."}`). */
  readonly source: string;
  readonly schema?: string;
  readonly profile?: string;
  readonly context: string;
}

/** A file of the run; `path` is relative, with `/` between folders. */
export interface RunArtifact {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Everything about one run, as the rest of the runner hands it over. */
export interface RunRecord {
  /** 32 lower-case hex digits. The same run written again replaces the first: see {@link runIdOf}. */
  readonly runId: string;
  readonly runName: string;
  readonly parentRunId?: string;
  readonly status: RunStatus;
  readonly startTimeMs: number;
  readonly endTimeMs?: number;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: readonly RunMetric[];
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: readonly RunInput[];
  readonly artifacts: readonly RunArtifact[];
  readonly model?: RunModel;
}

/** A run as {@link acceptableRecord} returns it: its model has become artifacts. */
export interface AcceptableRun extends Omit<RunRecord, "model"> {
  /** The registered model that gets a version from the run's artifact folder `path`. */
  readonly registration?: { readonly name: string; readonly path: string; readonly aliases?: readonly string[] };
}

/** What is added to a running run when it ends. */
export interface RunFinish {
  readonly status: Exclude<RunStatus, "RUNNING">;
  readonly endTimeMs: number;
  readonly metrics?: readonly RunMetric[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly artifacts?: readonly RunArtifact[];
}

/**
 * The run id of `scenario` in `batch`: always the same one, so that a scenario trained again after a crash replaces
 * its run. Leave `scenario` out for the batch's parent run.
 */
export function runIdOf(batch: string, scenario = ""): string {
  return createHash("sha256")
    .update(JSON.stringify([batch, scenario]))
    .digest("hex")
    .slice(0, 32);
}

/**
 * The same run as MLflow accepts it: keys renamed by {@link safeKeys}, params and tags cut to 6,000 and 8,000
 * characters, line breaks in params written as `\n`, times and steps rounded to integers, doubled metric points
 * dropped, the model's files among the artifacts, and the tags `mlflow.runName` and `mlflow.parentRunId` set (MLflow's pages need the first one).
 * @throws TrackingError `TRACKING_RECORD_INVALID` for a bad run id or an artifact path that leaves the run's folder
 */
export function acceptableRecord(record: RunRecord): AcceptableRun {
  checkRunId(record.runId);
  if (record.parentRunId !== undefined) checkRunId(record.parentRunId);
  const runName = singleLine(cut(record.runName, RUN_NAME_LENGTH)) || record.runId;
  const tags: Record<string, string> = { ...acceptableTags(record.tags), "mlflow.runName": runName };
  if (record.parentRunId !== undefined) tags["mlflow.parentRunId"] = record.parentRunId;
  const { model, ...run } = record;
  const modelFiles = model === undefined ? [] : modelArtifacts(model, record.startTimeMs);
  return {
    ...run,
    runName,
    startTimeMs: integer(record.startTimeMs, 0),
    ...(record.endTimeMs === undefined ? {} : { endTimeMs: integer(record.endTimeMs, 0) }),
    params: acceptableParams(record.params),
    metrics: acceptableMetrics(record.metrics),
    tags,
    inputs: record.inputs.map(acceptableInput),
    artifacts: acceptableArtifacts([...record.artifacts, ...modelFiles]),
    ...(model?.register === undefined ? {} : { registration: { ...model.register, path: model.name } }),
  };
}

/** The same ending as MLflow accepts it; see {@link acceptableRecord}. */
export function acceptableFinish(finish: RunFinish): Required<RunFinish> {
  return {
    status: finish.status,
    endTimeMs: integer(finish.endTimeMs, 0),
    metrics: acceptableMetrics(finish.metrics ?? []),
    tags: acceptableTags(finish.tags ?? {}),
    artifacts: acceptableArtifacts(finish.artifacts ?? []),
  };
}

/** @throws TrackingError unless `runId` is 32 lower-case hex digits: ids become folder names. */
function checkRunId(runId: string): void {
  if (/^[0-9a-f]{32}$/.test(runId)) return;
  throw new TrackingError("TRACKING_RECORD_INVALID", `The run id "${runId}" is not 32 hex digits; use runIdOf().`);
}

/** @throws TrackingError unless `path` is relative and stays below its folder. */
export function checkArtifactPath(path: string): void {
  const parts = path.split(/[/\\]/);
  const leaves = parts.some((part) => part === "" || part === "." || part === ".." || /^\w:/.test(part));
  if (!leaves && !path.includes("\0")) return;
  throw new TrackingError(
    "TRACKING_RECORD_INVALID",
    `The artifact path "${path}" must be relative, without empty, "." or ".." parts.`,
  );
}

function acceptableParams(params: Readonly<Record<string, string>>): Record<string, string> {
  const names = safeKeys(Object.keys(params));
  const accepted: Record<string, string> = {};
  for (const [key, value] of Object.entries(params)) accepted[names.get(key)!] = cut(singleLine(value), PARAM_LENGTH);
  return accepted;
}

function acceptableTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  const names = safeKeys(Object.keys(tags));
  const accepted: Record<string, string> = {};
  for (const [key, value] of Object.entries(tags)) accepted[names.get(key)!] = cut(withoutNul(value), TAG_LENGTH);
  return accepted;
}

function acceptableMetrics(metrics: readonly RunMetric[]): RunMetric[] {
  const names = safeKeys(metrics.map((metric) => metric.key));
  const points = metrics.map((metric) => ({
    key: names.get(metric.key)!,
    value: metric.value,
    timestampMs: integer(metric.timestampMs, 0),
    step: integer(metric.step, 0),
  }));
  return names.size === points.length ? points : withoutDoubles(points);
}

/** MLflow's migration fails on a doubled point. */
function withoutDoubles(points: readonly RunMetric[]): RunMetric[] {
  const seen = new Set<string>();
  return points.filter(({ key, value, timestampMs, step }) => {
    const id = `${timestampMs} ${step} ${value} ${key}`;
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

function acceptableInput(input: RunInput): RunInput {
  return {
    name: singleLine(cut(input.name, DATASET_NAME_LENGTH)),
    // A cut digest could name two contents; a hash of it does not.
    digest: input.digest.length <= DATASET_DIGEST_LENGTH ? input.digest : md5(input.digest),
    sourceType: input.sourceType,
    source: cut(input.source, DATASET_SOURCE_LENGTH),
    ...(input.schema === undefined ? {} : { schema: cut(input.schema, DATASET_SCHEMA_LENGTH) }),
    ...(input.profile === undefined ? {} : { profile: cut(input.profile, DATASET_PROFILE_LENGTH) }),
    context: singleLine(cut(input.context, INPUT_TAG_LENGTH)),
  };
}

function acceptableArtifacts(artifacts: readonly RunArtifact[]): RunArtifact[] {
  for (const { path } of artifacts) checkArtifactPath(path);
  const names = safeKeys(artifacts.map((artifact) => artifact.path.replaceAll("\\", "/")));
  return artifacts.map(({ path, bytes }) => ({ path: names.get(path.replaceAll("\\", "/"))!, bytes }));
}

const LINE_BREAK_NAMES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\t" };

// biome-ignore lint/suspicious/noControlCharactersInRegex: line ends in Python, NUL, and halves of surrogate pairs
const NOT_PLAIN = /[\0\n\r\v\f\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]/;

/** MLflow's file store takes a param of several lines for damaged; Python counts all of these as line ends. */
function singleLine(text: string): string {
  if (!NOT_PLAIN.test(text)) return text;
  return withoutNul(text).replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these end a line in Python
    /[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g,
    (character) => LINE_BREAK_NAMES[character] ?? " ",
  );
}

/** PostgreSQL stores no NUL. */
function withoutNul(text: string): string {
  return wellFormed(text).replaceAll("\0", "");
}

function integer(value: number, otherwise: number): number {
  return Number.isFinite(value) ? Math.round(value) : otherwise;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
