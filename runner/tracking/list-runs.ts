import type { Environment } from "./authentication.ts";
import { forEachLimited } from "./concurrency.ts";
import { TrackingError } from "./errors.ts";
import { readExperiments } from "./experiments.ts";
import { MlflowClient } from "./mlflow-client.ts";
import { MlflowError } from "./mlflow-error.ts";
import type { Run } from "./mlflow-schemas.ts";
import { type LocalRunHead, readRun, readRunHeads, readTag } from "./read-runs.ts";
import type { RunMetric } from "./run-record.ts";
import { RUN_ID_TAG } from "./run-sender.ts";
import { parseTrackingUri } from "./tracking-uri.ts";

/** A run as a list shows it; metrics are the last ones of their history. */
export interface RunSummary {
  /** The id that the server or folder knows it by. */
  readonly runId: string;
  /** The id that this project gave it; the same in a folder. `undefined` for runs that others made on the server. */
  readonly localRunId: string | undefined;
  readonly runName: string;
  readonly parentRunId: string | undefined;
  /** `RUNNING`, `FINISHED`, `FAILED`, `KILLED`, or what else the server says (`SCHEDULED`). */
  readonly status: string;
  readonly startTimeMs: number;
  readonly endTimeMs: number | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface RunListing {
  /** As for {@link openTracker}. */
  readonly uri?: string;
  readonly experiment: string;
  readonly projectDir: string;
  readonly env: Environment;
  /** Only children of this run; `null`: only runs without a parent. */
  readonly parentRunId?: string | null;
  readonly status?: string;
  /** The newest so many; all if left out. */
  readonly maxResults?: number;
  readonly signal?: AbortSignal;
}

/**
 * The runs of an experiment that match, newest first, from a folder or a server.
 * @throws TrackingError `EXPERIMENT_NOT_FOUND`; MlflowError if the server can't be asked
 */
export async function listRuns(listing: RunListing): Promise<RunSummary[]> {
  const target = parseTrackingUri(listing.uri ?? "./mlruns", listing.projectDir);
  if (target.kind === "folder") return listFolder(target.folder, listing);
  using client = await MlflowClient.connect(target, listing.env);
  return await listServer(client, listing);
}

async function listFolder(root: string, listing: RunListing): Promise<RunSummary[]> {
  const experiment = (await readExperiments(root)).find(({ name }) => name === listing.experiment);
  if (experiment === undefined) throw notFound(listing.experiment, root);
  const heads = (await readRunHeads(experiment)).reverse();
  const matching: LocalRunHead[] = [];
  for (const head of heads) {
    if (listing.maxResults !== undefined && matching.length >= listing.maxResults) break;
    listing.signal?.throwIfAborted();
    if (await matches(head, listing)) matching.push(head);
  }
  const summaries = new Map<LocalRunHead, RunSummary>();
  await forEachLimited(matching, 16, async (head) => {
    listing.signal?.throwIfAborted();
    summaries.set(head, await localSummary(head));
  });
  return matching.map((head) => summaries.get(head)!);
}

async function matches(head: LocalRunHead, { status, parentRunId }: RunListing): Promise<boolean> {
  if (status !== undefined && head.status !== status) return false;
  if (parentRunId === undefined) return true;
  return ((await readTag(head, "mlflow.parentRunId")) ?? null) === parentRunId;
}

async function localSummary(head: LocalRunHead): Promise<RunSummary> {
  const { params, metrics, tags, runName } = await readRun(head);
  return {
    runId: head.runId,
    localRunId: head.runId,
    runName,
    parentRunId: tags["mlflow.parentRunId"],
    status: head.status,
    startTimeMs: head.startTimeMs,
    endTimeMs: head.endTimeMs,
    params,
    metrics: lastMetrics(metrics),
    tags,
  };
}

/** The value of each metric that MLflow calls the latest: of the highest step, then time, then value. */
export function lastMetrics(metrics: readonly RunMetric[]): Record<string, number> {
  const last = new Map<string, RunMetric>();
  for (const point of metrics) {
    const other = last.get(point.key);
    const isLater =
      other === undefined ||
      point.step - other.step > 0 ||
      (point.step === other.step && point.timestampMs > other.timestampMs) ||
      (point.step === other.step && point.timestampMs === other.timestampMs && point.value > other.value);
    if (isLater) last.set(point.key, point);
  }
  return Object.fromEntries([...last].map(([key, point]) => [key, point.value]));
}

async function listServer(client: MlflowClient, listing: RunListing): Promise<RunSummary[]> {
  const options = listing.signal === undefined ? {} : { signal: listing.signal };
  const experimentId = await experimentIdOf(client, listing.experiment, options);
  const filters: string[] = [];
  if (listing.status !== undefined) filters.push(`attributes.status = '${quoted(listing.status)}'`);
  if (typeof listing.parentRunId === "string") {
    filters.push(`tags.\`mlflow.parentRunId\` = '${quoted(listing.parentRunId)}'`);
  }
  const search = {
    experimentIds: [experimentId],
    filter: filters.join(" and "),
    orderBy: ["attributes.start_time DESC"],
    ...options,
  };
  const summaries: RunSummary[] = [];
  for await (const run of client.searchRuns(search)) {
    if (listing.maxResults !== undefined && summaries.length >= listing.maxResults) break;
    const summary = serverSummary(run);
    // MLflow's search language can't ask for runs without a tag.
    if (listing.parentRunId !== null || summary.parentRunId === undefined) summaries.push(summary);
  }
  return summaries;
}

async function experimentIdOf(
  client: MlflowClient,
  name: string,
  options: { readonly signal?: AbortSignal },
): Promise<string> {
  try {
    return (await client.getExperimentByName(name, options)).experiment_id;
  } catch (error) {
    if (!(error instanceof MlflowError) || error.errorCode !== "RESOURCE_DOES_NOT_EXIST") throw error;
    throw notFound(name, client.webUrl);
  }
}

function serverSummary({ info, data }: Run): RunSummary {
  const tags = Object.fromEntries(data.tags.map(({ key, value }) => [key, value]));
  return {
    runId: info.run_id,
    localRunId: tags[RUN_ID_TAG],
    runName: info.run_name,
    parentRunId: tags["mlflow.parentRunId"],
    status: info.status,
    startTimeMs: info.start_time,
    endTimeMs: info.end_time ?? undefined,
    params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
    metrics: Object.fromEntries(data.metrics.map(({ key, value }) => [key, value])),
    tags,
  };
}

function quoted(text: string): string {
  return text.replaceAll("'", "");
}

function notFound(experiment: string, place: string): TrackingError {
  return new TrackingError(
    "EXPERIMENT_NOT_FOUND",
    `There is no experiment "${experiment}" in ${place}: train first, or check the tracking address and the experiment's name.`,
  );
}
