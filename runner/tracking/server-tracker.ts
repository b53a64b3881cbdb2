import { join } from "node:path";
import { retryDelayMs, wait } from "./backoff.ts";
import { TrackingError } from "./errors.ts";
import { FileStore } from "./file-store.ts";
import { serverLocation } from "./location.ts";
import { MlflowClient } from "./mlflow-client.ts";
import { MlflowError } from "./mlflow-error.ts";
import { readArtifactFile } from "./read-runs.ts";
import type { RunFinish, RunRecord } from "./run-record.ts";
import { findRun } from "./run-sender.ts";
import { spoolFolder } from "./spool.ts";
import { type RefusedRun, type SyncOptions, type SyncReport, stopMessage, sync, unsentRuns } from "./sync.ts";
import type { Tracker, TrackerOptions } from "./tracker.ts";
import type { TrackingUri } from "./tracking-uri.ts";

/** Waits between two tries to reach a server that is away. */
const AWAY = { maxRetries: Number.POSITIVE_INFINITY, delayMs: 2_000, maxDelayMs: 60_000 };

/**
 * Runs of a server: written to a spool folder, from where one loop in the background sends them. The loop never fails
 * the training: what can't be sent stays in the spool for the next run or `scenario sync`.
 */
export class ServerTracker implements Tracker {
  readonly #spool: FileStore;
  readonly #client: MlflowClient;
  readonly #experiment: string;
  readonly #experimentId: string;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  /** Ids of the runs that the server has not got. */
  readonly #unsent: Set<string>;
  /** Those of them that were written since the sync that is under way, or the last one, has looked. */
  readonly #written = new Set<string>();
  /** What the server won't take, by run id: tried again only by another process or after a change of the run. */
  readonly #refused = new Map<string, RefusedRun>();
  #lastReport: SyncReport = { sent: 0, pending: 0, refused: [] };
  /** One sync at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #wake: () => void = () => {};
  readonly #loop: Promise<void>;

  private constructor(
    spool: FileStore,
    client: MlflowClient,
    options: TrackerOptions,
    experimentId: string,
    unsent: readonly string[],
  ) {
    this.#spool = spool;
    this.#client = client;
    this.#experiment = options.experiment;
    this.#experimentId = experimentId;
    this.#unsent = new Set(unsent);
    this.#signal =
      options.signal === undefined ? this.#closing.signal : AbortSignal.any([options.signal, this.#closing.signal]);
    this.#loop = this.#sendInBackground();
  }

  static async open(target: Exclude<TrackingUri, { kind: "folder" }>, options: TrackerOptions): Promise<ServerTracker> {
    // Wrong credentials settings are found before any training.
    const client = await MlflowClient.connect(target, options.env);
    const spool = await FileStore.open(spoolFolder(options.projectDir, target.uri));
    try {
      const { experimentId } = await spool.createOrGetExperiment(options.experiment);
      return new ServerTracker(spool, client, options, experimentId, await unsentRuns(spool, target.uri));
    } catch (error) {
      await spool[Symbol.asyncDispose]();
      client[Symbol.dispose]();
      throw error;
    }
  }

  get location(): string {
    return serverLocation(this.#client, this.#experiment, this.#spool.root, this.pending(), this.#lastReport);
  }

  async startRun(record: RunRecord): Promise<void> {
    await this.#spool.writeRun(this.#experimentId, { ...record, status: "RUNNING" });
    this.#noteWritten(record.runId);
  }

  async logRun(record: RunRecord): Promise<void> {
    await this.#spool.writeRun(this.#experimentId, record);
    this.#noteWritten(record.runId);
  }

  async finishRun(runId: string, finish: RunFinish): Promise<void> {
    await this.#spool.finishRun(this.#experimentId, runId, finish);
    this.#noteWritten(runId);
  }

  async readArtifact(runId: string, path: string): Promise<Uint8Array> {
    try {
      return await readArtifactFile(join(this.#spool.root, this.#experimentId, runId), path);
    } catch (error) {
      if (!(error instanceof TrackingError) || error.code !== "RUN_NOT_FOUND") throw error;
    }
    const run = await findRun(this.#client, this.#experiment, runId, this.#signal);
    if (run === undefined) {
      throw new TrackingError(
        "RUN_NOT_FOUND",
        `The run ${runId} is neither on ${this.#client.webUrl} in experiment "${this.#experiment}" nor in ${this.#spool.root}.`,
      );
    }
    try {
      return await this.#client.artifacts.readArtifact(run.info, path, { signal: this.#signal });
    } catch (error) {
      if (!(error instanceof MlflowError) || error.status !== 404 || error.errorCode === "NOT_MLFLOW") throw error;
      throw new TrackingError("RUN_NOT_FOUND", `The run ${runId} on ${this.#client.webUrl} has no file ${path}.`, {
        cause: error,
      });
    }
  }

  pending(): number {
    return this.#unsent.size;
  }

  async flush(options: Pick<SyncOptions, "onProgress" | "signal"> = {}): Promise<SyncReport> {
    let sent = 0;
    for (;;) {
      const report = await this.#sync(options);
      sent += report.sent;
      if (report.stopped !== undefined || this.#written.size === 0) return { ...report, sent };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#wake();
    await this.#loop;
    await this.#turn;
    await this.#spool[Symbol.asyncDispose]();
    this.#client[Symbol.dispose]();
  }

  #noteWritten(runId: string): void {
    this.#unsent.add(runId);
    this.#written.add(runId);
    this.#refused.delete(runId);
    this.#wake();
  }

  /** One sync after those that are under way; its failures become part of the report. */
  #sync(options: Pick<SyncOptions, "onProgress" | "signal">): Promise<SyncReport> {
    const report = this.#turn.then(() => this.#syncNow(options));
    this.#turn = report;
    return report;
  }

  async #syncNow({ onProgress, signal }: Pick<SyncOptions, "onProgress" | "signal">): Promise<SyncReport> {
    this.#written.clear();
    try {
      this.#lastReport = await sync({
        from: this.#spool,
        to: this.#client,
        removeSent: true,
        except: new Set(this.#refused.keys()),
        signal: signal === undefined ? this.#signal : AbortSignal.any([signal, this.#signal]),
        ...(onProgress === undefined ? {} : { onProgress }),
        onSent: (runId) => {
          // One that was written again meanwhile is sent again.
          if (!this.#written.has(runId)) this.#unsent.delete(runId);
        },
      });
    } catch (error) {
      this.#lastReport = { sent: 0, pending: this.pending(), refused: [], stopped: stopMessage(error) };
    }
    for (const run of this.#lastReport.refused) this.#refused.set(run.runId || run.runName, run);
    this.#lastReport = { ...this.#lastReport, refused: [...this.#refused.values()] };
    if (this.#lastReport.stopped === undefined) {
      for (const runId of this.#unsent) {
        if (!this.#written.has(runId) && !this.#refused.has(runId)) this.#unsent.delete(runId);
      }
    }
    return this.#lastReport;
  }

  async #sendInBackground(): Promise<void> {
    let failures = 0;
    // What an earlier run left goes first.
    let mustSend = this.#unsent.size > 0;
    while (!this.#signal.aborted) {
      if (failures > 0) await wait(retryDelayMs(AWAY, failures - 1), this.#signal).catch(() => {});
      else if (!mustSend && this.#written.size === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      if (this.#signal.aborted) return;
      mustSend = false;
      const report = await this.#sync({});
      failures = report.stopped === undefined ? 0 : failures + 1;
    }
  }
}
