import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import * as z from "zod/mini";
import { forEachLimited } from "./concurrency.ts";
import { systemErrorCode, TrackingError } from "./errors.ts";
import type { LocalExperiment } from "./experiments.ts";
import { folderNames } from "./folder-names.ts";
import { parseMeta, readMeta } from "./meta-file.ts";
import { RunMeta } from "./run-folder.ts";
import { checkArtifactPath, type RunInput, type RunMetric, type RunStatus } from "./run-record.ts";

/** Runs whose small files are read at the same time. */
const CONCURRENT_READS = 16;

/** What a run's `meta.yaml` says. */
export interface LocalRunHead {
  readonly runId: string;
  readonly experimentId: string;
  readonly folder: string;
  readonly runName: string;
  readonly status: RunStatus;
  readonly startTimeMs: number;
  readonly endTimeMs: number | undefined;
  /** Changes when the run is written again, finished or renamed. */
  readonly revision: string;
}

/** A run as it is read from its folder, without the content of its artifacts. */
export interface LocalRun extends LocalRunHead {
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: readonly RunMetric[];
  readonly inputs: readonly RunInput[];
}

/** A file among a run's artifacts. */
export interface LocalArtifact {
  readonly path: string;
  readonly file: string;
}

const STATUS_NAMES: Readonly<Record<number, RunStatus>> = {
  1: "RUNNING",
  2: "RUNNING",
  3: "FINISHED",
  4: "FAILED",
  5: "KILLED",
};

/** The runs of an experiment that aren't deleted, oldest first; folders and files that are no runs are passed over. */
export async function readRunHeads(experiment: LocalExperiment): Promise<LocalRunHead[]> {
  const heads: LocalRunHead[] = [];
  await forEachLimited(await folderNames(experiment.folder), CONCURRENT_READS, async (name) => {
    const head = await readRunHead(experiment, name);
    if (head !== undefined) heads.push(head);
  });
  return heads.sort((a, b) => a.startTimeMs - b.startTimeMs || (a.runId < b.runId ? -1 : 1));
}

/** The run in the folder `name` of `experiment`; `undefined` if there is none or it was deleted. */
async function readRunHead(experiment: LocalExperiment, name: string): Promise<LocalRunHead | undefined> {
  const folder = join(experiment.folder, name);
  const text = await readFile(join(folder, "meta.yaml"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = RunMeta.safeParse(await parseMeta(text).catch(() => undefined));
  if (!parsed.success || parsed.data.run_id !== name) return undefined;
  const meta = parsed.data;
  if ((meta.lifecycle_stage ?? "active") !== "active") return undefined;
  return {
    runId: meta.run_id,
    experimentId: experiment.experimentId,
    folder,
    runName: meta.run_name ?? "",
    status: STATUS_NAMES[meta.status ?? 1] ?? "RUNNING",
    startTimeMs: meta.start_time ?? 0,
    endTimeMs: meta.end_time ?? undefined,
    revision: revisionOf(text),
  };
}

/** Reads the rest of a run. */
export async function readRun(head: LocalRunHead): Promise<LocalRun> {
  const [params, tags, metrics, inputs] = await Promise.all([
    readTexts(join(head.folder, "params")),
    readTexts(join(head.folder, "tags")),
    readMetrics(join(head.folder, "metrics")),
    readInputs(head.folder),
  ]);
  return { ...head, runName: head.runName || (tags["mlflow.runName"] ?? ""), params, tags, metrics, inputs };
}

/** The param or tag files below `folder`: key and text. */
async function readTexts(folder: string): Promise<Record<string, string>> {
  const texts = await Promise.all(
    (await filesBelow(folder)).map(async (file) => [keyOf(folder, file), await readFile(file, "utf8")] as const),
  );
  return Object.fromEntries(texts);
}

/** One tag of a run; `undefined` if it hasn't got it. */
export async function readTag(head: LocalRunHead, key: string): Promise<string | undefined> {
  return readFile(join(head.folder, "tags", key), "utf8").catch(() => undefined);
}

/** The points of all metrics, each metric's in the order of its file. */
async function readMetrics(folder: string): Promise<RunMetric[]> {
  const histories = await Promise.all(
    (await filesBelow(folder)).map(async (file) => metricLines(keyOf(folder, file), await readFile(file, "utf8"))),
  );
  return histories.flat();
}

/** The files of a run's artifacts. */
export async function localArtifacts(head: LocalRunHead): Promise<LocalArtifact[]> {
  const folder = join(head.folder, "artifacts");
  return (await filesBelow(folder)).map((file) => ({ path: keyOf(folder, file), file }));
}

function metricLines(key: string, text: string): RunMetric[] {
  const points: RunMetric[] = [];
  for (const line of text.split("\n")) {
    const [timestampMs, value, step = "0"] = line.trim().split(/\s+/);
    if (value === undefined || !/^-?\d+$/.test(timestampMs)) continue;
    points.push({ key, value: numberOf(value), timestampMs: Number(timestampMs), step: Math.trunc(Number(step)) || 0 });
  }
  return points;
}

/** A number as Python prints it. */
function numberOf(text: string): number {
  switch (text.toLowerCase()) {
    case "inf":
    case "infinity":
      return Number.POSITIVE_INFINITY;
    case "-inf":
    case "-infinity":
      return Number.NEGATIVE_INFINITY;
    default:
      return Number(text);
  }
}

const InputMeta = z.looseObject({
  source_id: z.string(),
  source_type: z.optional(z.string()),
  tags: z._default(z.nullable(z.record(z.string(), z.coerce.string())), {}),
});
const DatasetMeta = z.looseObject({
  name: z.coerce.string(),
  digest: z.coerce.string(),
  source_type: z._default(z.nullable(z.coerce.string()), ""),
  source: z._default(z.nullable(z.coerce.string()), ""),
  schema: z.optional(z.nullable(z.coerce.string())),
  profile: z.optional(z.nullable(z.coerce.string())),
});

async function readInputs(runFolder: string): Promise<RunInput[]> {
  const inputs: RunInput[] = [];
  for (const name of await folderNames(join(runFolder, "inputs"))) {
    const input = InputMeta.safeParse(
      await readMeta(join(runFolder, "inputs", name, "meta.yaml")).catch(() => undefined),
    );
    if (!input.success || (input.data.source_type ?? "DATASET") !== "DATASET") continue;
    const datasetFile = join(runFolder, "..", "datasets", input.data.source_id, "meta.yaml");
    const dataset = DatasetMeta.safeParse(await readMeta(datasetFile).catch(() => undefined));
    if (!dataset.success) continue;
    const { digest, schema, profile, source, source_type } = dataset.data;
    inputs.push({
      name: dataset.data.name,
      digest,
      sourceType: source_type ?? "",
      source: source ?? "",
      ...(schema == null ? {} : { schema }),
      ...(profile == null ? {} : { profile }),
      context: input.data.tags?.["mlflow.data.context"] ?? "",
    });
  }
  return inputs;
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

function keyOf(folder: string, file: string): string {
  return relative(folder, file).split(sep).join("/");
}

/** A name for the content of a `meta.yaml`. */
export function revisionOf(meta: string): string {
  return createHash("sha1").update(meta).digest("hex").slice(0, 16);
}

/** The content of an artifact of the run in `folder`. @throws TrackingError `RUN_NOT_FOUND` */
export async function readArtifactFile(folder: string, path: string): Promise<Uint8Array> {
  checkArtifactPath(path);
  try {
    return await readFile(join(folder, "artifacts", path));
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
    throw new TrackingError("RUN_NOT_FOUND", `The file ${path} of a run is not in ${folder}; it was moved or deleted.`);
  }
}
