import { join } from "node:path";
import { FileStore } from "./file-store.ts";
import { folderLocation } from "./location.ts";
import { readArtifactFile } from "./read-runs.ts";
import type { RunFinish, RunRecord } from "./run-record.ts";
import type { SyncOptions, SyncReport } from "./sync.ts";
import { parseTrackingUri } from "./tracking-uri.ts";

/**
 * Where `scenario train` puts its runs. Runs are always written to a folder first, which takes about a millisecond;
 * for a server, that folder is a spool that is sent in the background, so training never waits for the network.
 */
export interface Tracker extends AsyncDisposable {
  /** Tells the user where the runs are and how to open them; the text changes while runs are being sent. */
  readonly location: string;
  /** Begins a run with status RUNNING, e.g. the parent of a batch. The same id again starts it afresh. */
  startRun(record: RunRecord): Promise<void>;
  /** Writes a complete run; the same id again replaces it. Resolves when the run outlives this process. */
  logRun(record: RunRecord): Promise<void>;
  /** Ends a run that {@link startRun} began. */
  finishRun(runId: string, finish: RunFinish): Promise<void>;
  /**
   * A file of a run that this project logged, by the id that {@link logRun} got: from the folder or spool, else from the
   * server (where the run has another id; it carries ours as a tag).
   * @throws TrackingError `RUN_NOT_FOUND` when the run or the file is not there
   */
  readArtifact(runId: string, path: string): Promise<Uint8Array>;
  /** How many runs the server has not got yet; 0 for a folder. */
  pending(): number;
  /**
   * Waits until the server has all runs, or until it can't be reached: then the rest stays in the spool, is counted by
   * {@link pending}, and no error is thrown. Runs that the server refuses are in the report.
   */
  flush(options?: Pick<SyncOptions, "onProgress" | "signal">): Promise<SyncReport>;
}

/** Where and how runs are kept. */
export interface TrackerOptions {
  /** Folder (relative to `projectDir`) or `file://`, `http(s)://`, `databricks`, `databricks://PROFILE`. */
  readonly uri?: string;
  /** On Databricks a path in the workspace: a name without `/` in front becomes `/Users/<user name>/<name>`. */
  readonly experiment: string;
  readonly projectDir: string;
  /** Credentials and TLS settings come from MLflow's and Databricks' variables in here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the sending in the background; what is written stays. */
  readonly signal?: AbortSignal;
}

/**
 * Opens the place for runs. Never contacts a server.
 * @throws TrackingError for an unusable address or folder, before any training
 * @example
 * await using tracker = await openTracker({ uri: "./mlruns", experiment: "demand", projectDir, env: process.env });
 * await tracker.logRun(record);
 */
export async function openTracker(options: TrackerOptions): Promise<Tracker> {
  const target = parseTrackingUri(options.uri ?? "./mlruns", options.projectDir);
  if (target.kind === "folder") return FolderTracker.open(target.folder, options.experiment);
  const { ServerTracker } = await import("./server-tracker.ts");
  return ServerTracker.open(target, options);
}

/** Runs in a folder. */
class FolderTracker implements Tracker {
  readonly #store: FileStore;
  readonly #experimentId: string;
  readonly location: string;

  private constructor(store: FileStore, experimentId: string, location: string) {
    this.#store = store;
    this.#experimentId = experimentId;
    this.location = location;
  }

  static async open(folder: string, experiment: string): Promise<FolderTracker> {
    const store = await FileStore.open(folder);
    try {
      const { experimentId } = await store.createOrGetExperiment(experiment);
      return new FolderTracker(store, experimentId, folderLocation(store.root, experiment));
    } catch (error) {
      await store[Symbol.asyncDispose]();
      throw error;
    }
  }

  startRun(record: RunRecord): Promise<void> {
    return this.#store.writeRun(this.#experimentId, { ...record, status: "RUNNING" });
  }

  logRun(record: RunRecord): Promise<void> {
    return this.#store.writeRun(this.#experimentId, record);
  }

  finishRun(runId: string, finish: RunFinish): Promise<void> {
    return this.#store.finishRun(this.#experimentId, runId, finish);
  }

  readArtifact(runId: string, path: string): Promise<Uint8Array> {
    return readArtifactFile(join(this.#store.root, this.#experimentId, runId), path);
  }

  pending(): number {
    return 0;
  }

  async flush(): Promise<SyncReport> {
    return { sent: 0, pending: 0, refused: [] };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#store[Symbol.asyncDispose]();
  }
}
