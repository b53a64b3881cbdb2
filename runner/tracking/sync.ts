import { join } from "node:path";
import { forEachLimited } from "./concurrency.ts";
import { systemErrorCode, TrackingError } from "./errors.ts";
import { type LocalExperiment, readExperiments } from "./experiments.ts";
import type { FileStore } from "./file-store.ts";
import type { MlflowClient } from "./mlflow-client.ts";
import { MlflowError } from "./mlflow-error.ts";
import { type LocalRunHead, readRunHeads } from "./read-runs.ts";
import { RegistrySender } from "./registry-sender.ts";
import { isRefused, RUN_ID_TAG, RunSender } from "./run-sender.ts";
import { SentJournal } from "./sent-journal.ts";
import { createOrGetExperiment, type ServerExperiment } from "./server-experiments.ts";
import { SyncLock } from "./sync-lock.ts";
import { serverId } from "./tracking-uri.ts";

/** Runs that are sent at the same time: a server on SQLite gets slower with more, others don't mind. */
const CONCURRENT_RUNS = 4;

/** A run or model version that the server won't take, or whose files can't be read, with the reason. */
export interface RefusedRun {
  readonly runId: string;
  readonly runName: string;
  readonly message: string;
}

/** What a sync did. */
export interface SyncReport {
  /** Runs that the server got (or completed) in this sync. */
  readonly sent: number;
  /** Runs that it has not got, as it can't be reached or the sync was ended. Refused ones are not among them. */
  readonly pending: number;
  readonly refused: readonly RefusedRun[];
  /** Why the sync ended before all was sent, and what to do, in a sentence for the user. */
  readonly stopped?: string;
}

/** How far a sync is. */
export interface SyncProgress {
  readonly sent: number;
  readonly total: number;
}

export interface SyncOptions {
  readonly from: FileStore;
  readonly to: MlflowClient;
  readonly onProgress?: (progress: SyncProgress) => void;
  /** Called for each run that the server has got. */
  readonly onSent?: (runId: string) => void;
  readonly signal?: AbortSignal;
  /** Ids of runs that are left out, as the server has refused them before. */
  readonly except?: ReadonlySet<string>;
  /** Runs that are complete on the server leave the folder: it is only a spool. */
  readonly removeSent?: boolean;
}

/**
 * Copies the runs of a folder to a server, each once: metrics with history, params, tags, inputs, artifacts, status,
 * links to parents, registered models with aliases. It may be interrupted anywhere, repeated, and started by several
 * processes: then one waits for the other. A run that changed after it was sent is completed, or replaced if it was
 * trained anew. What the server refuses is reported and stays in the folder; the others go on.
 *
 * Doesn't throw if the server can't be reached: see {@link SyncReport.stopped}.
 * @throws TrackingError if the folder can't be written; the signal's reason if it ends the waiting for another process
 */
export async function sync(options: SyncOptions): Promise<SyncReport> {
  const { from, to, signal } = options;
  const server = serverId(to.uri);
  await using _lock = await SyncLock.acquire(join(from.root, `.scenario-sending-${server}.lock`), signal);
  // Awaited here: the lock must be held until the end.
  return await new Sync(options, await SentJournal.open(from, server)).run();
}

/** Ids of the runs in the folder that the server at `uri` has not got, as far as is known without asking it. */
export async function unsentRuns(from: FileStore, uri: string): Promise<string[]> {
  const journal = await SentJournal.open(from, serverId(uri));
  const unsent: string[] = [];
  for (const experiment of await readExperiments(from.root)) {
    for (const { runId, revision } of await readRunHeads(experiment)) {
      if (!journal.isSentAnywhere(runId, revision)) unsent.push(runId);
    }
  }
  return unsent;
}

class Sync {
  readonly #options: SyncOptions;
  readonly #journal: SentJournal;
  readonly #refused: RefusedRun[] = [];
  #total = 0;
  #sent = 0;
  #stopped: unknown;

  constructor(options: SyncOptions, journal: SentJournal) {
    this.#options = options;
    this.#journal = journal;
  }

  async run(): Promise<SyncReport> {
    const { from, to, signal } = this.#options;
    const work: [LocalExperiment, LocalRunHead[]][] = [];
    for (const experiment of await readExperiments(from.root)) {
      const heads = (await readRunHeads(experiment)).filter(({ runId }) => this.#options.except?.has(runId) !== true);
      this.#total += heads.filter((head) => !this.#isSentAnywhere(head)).length;
      if (heads.length > 0) work.push([experiment, heads]);
    }
    try {
      for (const [experiment, heads] of work) await this.#sendExperiment(experiment, heads);
      if (!this.#isStopped()) {
        const registry = new RegistrySender(from.registry, to, this.#journal, signal);
        this.#refused.push(...(await registry.send()));
      }
    } catch (error) {
      if (error instanceof TrackingError) throw error;
      this.#stopped ??= error;
    }
    this.#stopped ??= signal?.aborted ? signal.reason : undefined;
    return {
      sent: this.#sent,
      pending: this.#total - this.#sent - this.#refused.filter((run) => run.runId !== "").length,
      refused: this.#refused,
      ...(this.#stopped === undefined ? {} : { stopped: stopMessage(this.#stopped) }),
    };
  }

  async #sendExperiment(local: LocalExperiment, heads: readonly LocalRunHead[]): Promise<void> {
    const { to, signal } = this.#options;
    if (this.#isStopped()) return;
    let experiment: ServerExperiment;
    try {
      experiment = await createOrGetExperiment(to, local.name, signal === undefined ? {} : { signal });
      if (!this.#journal.isReconciled(experiment.key)) await this.#reconcile(experiment);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      for (const head of heads.filter((each) => !this.#isSentAnywhere(each))) this.#refuse(head, error);
      return;
    }
    const unsent = heads.filter((head) => this.#journal.find(experiment.key, head.runId)?.revision !== head.revision);
    // More than was counted, if the server's database was made anew.
    this.#total += unsent.filter((head) => this.#isSentAnywhere(head)).length;
    this.#report();
    const byId = new Map(unsent.map((head) => [head.runId, head]));
    const sender = new RunSender(to, this.#journal, experiment, byId, signal);
    await forEachLimited(unsent, CONCURRENT_RUNS, async (head) => {
      if (!this.#isStopped()) await this.#send(sender, head);
    });
  }

  async #send(sender: RunSender, head: LocalRunHead): Promise<void> {
    try {
      await sender.send(head);
      this.#sent++;
      this.#options.onSent?.(head.runId);
      const isDone = head.status !== "RUNNING" && this.#options.removeSent === true;
      if (isDone) await this.#options.from.removeRun(head);
    } catch (error) {
      const isAborted = this.#options.signal?.aborted === true;
      if (!isAborted && isRefusal(error)) this.#refuse(head, error);
      else this.#stopped ??= error;
      if (error instanceof TrackingError) throw error;
    }
    this.#report();
  }

  #refuse(head: LocalRunHead, error: Error): void {
    this.#refused.push({ runId: head.runId, runName: head.runName, message: error.message });
  }

  #isSentAnywhere(head: LocalRunHead): boolean {
    return this.#journal.isSentAnywhere(head.runId, head.revision);
  }

  /** Without a journal, the runs that the server has of this folder are found by their tag. */
  async #reconcile(experiment: ServerExperiment): Promise<void> {
    const { to, signal } = this.#options;
    const found: [string, string][] = [];
    const search = {
      experimentIds: [experiment.experimentId],
      filter: `tags.\`${RUN_ID_TAG}\` LIKE '%'`,
      ...(signal === undefined ? {} : { signal }),
    };
    for await (const run of to.searchRuns(search)) {
      const runId = run.data.tags.find((tag) => tag.key === RUN_ID_TAG)?.value;
      if (runId !== undefined) found.push([runId, run.info.run_id]);
    }
    await this.#journal.reconcile(experiment.key, found);
  }

  #isStopped(): boolean {
    return this.#stopped !== undefined || this.#options.signal?.aborted === true;
  }

  #report(): void {
    this.#options.onProgress?.({ sent: this.#sent, total: this.#total });
  }
}

/** What the user is told when a sync ends because of `reason`, an error or what a signal was aborted with. */
export function stopMessage(reason: unknown): string {
  if (reason instanceof Error && reason.name !== "AbortError" && reason.message !== "") return reason.message;
  return "The sending was interrupted.";
}

/** Whether it is of no use to try the same again; other runs may still be sent. */
function isRefusal(error: unknown): error is Error {
  if (error instanceof MlflowError) return isRefused(error) || error.isOfFile;
  // Failures to write are TrackingErrors: this one was met when the run's files were read.
  if (error instanceof Error && systemErrorCode(error) !== undefined) return true;
  return error instanceof TrackingError && error.code === "EXPERIMENT_DELETED";
}
