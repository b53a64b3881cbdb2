import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { appendFile, readFile, rename, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Slots } from "./concurrency.ts";
import { folderError, systemErrorCode, TrackingError } from "./errors.ts";
import { EXPERIMENT_KIND, type LocalExperiment, readExperiments } from "./experiments.ts";
import { LocalRegistry } from "./local-registry.ts";
import { makeFolder } from "./make-folder.ts";
import { readMeta } from "./meta-file.ts";
import { yamlJson } from "./model.ts";
import { type LocalRunHead, revisionOf } from "./read-runs.ts";
import {
  artifactUri,
  datasetId,
  datasetMeta,
  type FolderFile,
  finishedMeta,
  metricFiles,
  RUN_FOLDERS,
  RunMeta,
  runFiles,
} from "./run-folder.ts";
import { acceptableFinish, acceptableRecord, type RunFinish, type RunInput, type RunRecord } from "./run-record.ts";
import { Staging } from "./staging.ts";

/** Runs that are written at the same time: more keep the disk no busier and cost memory. */
const CONCURRENT_WRITES = 3;

/**
 * A folder of experiments and runs in the layout of MLflow's own file store. Several processes may write to it.
 *
 * A run appears with all its files in one step (`rename`), so neither a crash of the process nor a full disk leaves
 * anything that MLflow's readers stumble over. After a power cut the last seconds may be missing, as for any file
 * that is not synced one by one: that would cost 20 times the time of a run.
 *
 * All writing methods throw {@link TrackingError} with the folder's name for a full disk or a read-only folder.
 */
export class FileStore implements AsyncDisposable {
  readonly root: string;
  readonly registry: LocalRegistry;
  readonly #staging: Staging;
  readonly #slots = new Slots(CONCURRENT_WRITES);
  /** Folders of datasets that are in place. */
  readonly #datasets = new Set<string>();
  readonly #userName = userName();

  private constructor(root: string, staging: Staging) {
    this.root = root;
    this.#staging = staging;
    this.registry = new LocalRegistry(join(root, "models"), staging);
  }

  /** Opens the folder `root` for writing; it is made if it isn't there. */
  static async open(root: string): Promise<FileStore> {
    const folder = resolve(root);
    try {
      // The registry search of MLflow fails without `models`.
      await makeFolder(join(folder, "models"));
      return new FileStore(folder, await Staging.create(folder));
    } catch (error) {
      throw folderError(error, folder);
    }
  }

  /**
   * The experiment of this name, made if it isn't there. Two processes that make it at once get the same one: the id
   * comes from the name, so both try to place the same folder and the second finds it there.
   * @throws TrackingError `EXPERIMENT_DELETED` if it is in the folder's `.trash`
   */
  async createOrGetExperiment(name: string): Promise<LocalExperiment> {
    return this.#guarded(async () => {
      for (let attempt = 0; ; attempt++) {
        const existing = (await readExperiments(this.root)).find((experiment) => experiment.name === name);
        if (existing !== undefined) return existing;
        await this.#refuseDeleted(name);
        const experimentId = numericId(name, attempt);
        const folder = join(this.root, experimentId);
        const staged = this.#staging.newPath();
        const now = Date.now();
        const meta = {
          artifact_location: artifactUri(folder),
          creation_time: now,
          experiment_id: experimentId,
          last_update_time: now,
          lifecycle_stage: "active",
          name,
        };
        const kind = [`tags/${EXPERIMENT_KIND.key}`, EXPERIMENT_KIND.value] as const;
        writeFiles(staged, ["tags"], [["meta.yaml", yamlJson(meta)], kind]);
        // If the folder is taken, either it has this name now, or it was renamed and the next id is tried.
        await this.#staging.placeFolder(staged, folder);
      }
    });
  }

  /** Writes a complete run; one with the same id is replaced. Resolves when all of it is in place. */
  async writeRun(experimentId: string, record: RunRecord): Promise<void> {
    const run = acceptableRecord(record);
    await this.#slots.run(() =>
      this.#guarded(async () => {
        const experiment = join(this.root, experimentId);
        const folder = join(experiment, run.runId);
        for (const input of run.inputs) await this.#writeDataset(experiment, input);
        const staged = this.#staging.newPath();
        try {
          const uri = artifactUri(join(folder, "artifacts"));
          writeFiles(staged, RUN_FOLDERS, runFiles(run, experimentId, uri, this.#userName));
          await this.#staging.replaceFolder(staged, folder);
        } catch (error) {
          await rm(staged, { recursive: true, force: true }).catch(() => {});
          throw error;
        }
        if (run.registration !== undefined) {
          const source = artifactUri(join(folder, "artifacts", run.registration.path));
          await this.registry.register(run.registration, { runId: run.runId, source });
        }
      }),
    );
  }

  /**
   * Adds the ending to a run that {@link writeRun} wrote as running. Each file appears whole, the status last: after a
   * crash in the middle the run still counts as running, and the same call again completes it.
   */
  async finishRun(experimentId: string, runId: string, finish: RunFinish): Promise<void> {
    const { metrics, tags, artifacts, status, endTimeMs } = acceptableFinish(finish);
    await this.#guarded(async () => {
      const folder = join(this.root, experimentId, runId);
      const meta = RunMeta.parse(await readRunMeta(folder, runId));
      const files: FolderFile[] = [];
      for (const [key, lines] of metricFiles(metrics)) {
        files.push([`metrics/${key}`, await withEarlierLines(join(folder, "metrics", key), lines)]);
      }
      for (const [key, value] of Object.entries(tags)) files.push([`tags/${key}`, value]);
      for (const { path, bytes } of artifacts) files.push([`artifacts/${path}`, bytes]);
      for (const [path, content] of files) await this.#staging.replaceFile(join(folder, path), content);
      await this.#staging.replaceFile(join(folder, "meta.yaml"), finishedMeta(meta, status, endTimeMs));
    });
  }

  /**
   * Takes a run out of the folder (not to MLflow's trash), unless it was written again since `run` was read: that is
   * looked at when the folder is out of the writers' way.
   */
  async removeRun(run: Pick<LocalRunHead, "folder" | "revision">): Promise<void> {
    await this.#guarded(async () => {
      const away = this.#staging.newPath();
      try {
        await rename(run.folder, away);
      } catch (error) {
        if (systemErrorCode(error) === "ENOENT") return;
        throw error;
      }
      const isSame = revisionOf(await readFile(join(away, "meta.yaml"), "utf8")) === run.revision;
      if (isSame) await rm(away, { recursive: true, force: true });
      else await this.#staging.placeFolder(away, run.folder);
    });
  }

  /** Adds one line to a file in the root, which MLflow's readers ignore. */
  async appendLine(fileName: string, line: string): Promise<void> {
    await this.#guarded(() => appendFile(join(this.root, fileName), `${line}\n`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#staging[Symbol.asyncDispose]();
  }

  async #guarded<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw folderError(error, this.root);
    }
  }

  /** A dataset is described once for an experiment, by whichever run or process is first. */
  async #writeDataset(experiment: string, input: RunInput): Promise<void> {
    const folder = join(experiment, "datasets", datasetId(input));
    if (this.#datasets.has(folder)) return;
    if (!existsSync(folder)) {
      const staged = this.#staging.newPath();
      writeFiles(staged, [], [["meta.yaml", datasetMeta(input)]]);
      mkdirSync(dirname(folder), { recursive: true });
      await this.#staging.placeFolder(staged, folder);
    }
    this.#datasets.add(folder);
  }

  async #refuseDeleted(name: string): Promise<void> {
    const trash = join(this.root, ".trash");
    const deleted = (await readExperiments(trash)).find((experiment) => experiment.name === name);
    if (deleted === undefined) return;
    throw new TrackingError(
      "EXPERIMENT_DELETED",
      `The experiment "${name}" was deleted: move ${deleted.folder} back to ${this.root}, remove it for good, or choose another experiment name.`,
    );
  }
}

async function readRunMeta(folder: string, runId: string): Promise<unknown> {
  try {
    return await readMeta(join(folder, "meta.yaml"));
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
    throw new TrackingError("RUN_NOT_FOUND", `The run ${runId} is not in ${dirname(folder)}; it was moved or deleted.`);
  }
}

/**
 * Makes the new folder `folder` with `files` and, even if they stay empty, `folders`. By synchronous calls: a run has
 * about 70 small files, and the same through Node's thread pool costs twice the processor time.
 */
function writeFiles(folder: string, folders: readonly string[], files: readonly FolderFile[]): void {
  mkdirSync(folder, { recursive: true });
  const made = new Set<string>();
  for (const name of folders) makeBelow(folder, name, made);
  for (const [path, content] of files) {
    const end = path.lastIndexOf("/");
    if (end > 0) makeBelow(folder, path.slice(0, end), made);
    writeFileSync(`${folder}/${path}`, content, { flag: "wx" });
  }
}

/** `mkdir -p` of `name`, without a call for what is `made`. */
function makeBelow(folder: string, name: string, made: Set<string>): void {
  if (made.has(name)) return;
  const end = name.lastIndexOf("/");
  if (end > 0) makeBelow(folder, name.slice(0, end), made);
  mkdirSync(`${folder}/${name}`);
  made.add(name);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}

/** The lines of the metric file at `path`, if any, and those of `lines` that are not among them. */
async function withEarlierLines(path: string, lines: string): Promise<string> {
  const earlier = await readFile(path, "utf8").catch(() => "");
  const known = new Set(earlier.split("\n"));
  return earlier + lines.replace(/[^\n]+\n/g, (line) => (known.has(line.trimEnd()) ? "" : line));
}

/** An experiment id as MLflow makes them (18 digits; only numbers are migrated), the same for the same name. */
function numericId(name: string, attempt: number): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([name, attempt]))
    .digest();
  return String(100_000_000_000_000_000n + (hash.readBigUInt64BE() % 800_000_000_000_000_000n));
}
