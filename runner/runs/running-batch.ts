import { createHash } from "node:crypto";
import type { ScenarioId } from "../data/scenario.ts";
import type { PoolEvent, ScenarioResult } from "../executor/batch.ts";
import { MODEL_FILE } from "../executor/protocol.ts";
import type { Tracker } from "../tracking/tracker.ts";
import type { BatchResults } from "./batch-results.ts";
import { type BatchSummary, summarize } from "./batch-summary.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import type { ModelPack } from "./model-pack.ts";
import { writeResults } from "./results-file.ts";
import { resultsTable } from "./results-table.ts";
import { type BatchIdentity, journalEntry, type ResultPlace, scenarioRecord } from "./scenario-record.ts";

export interface BatchOutcome {
  readonly batch: string;
  readonly summary: BatchSummary;
  /** All scenarios of the batch, those of earlier attempts included. */
  readonly results: BatchResults;
  readonly isComplete: boolean;
  readonly parentRunId: string | null;
  /** Where the runs are and how to open them. */
  readonly location: string;
  /** Folder of the batch's journal. */
  readonly folder: string;
}

/** An event of the pool, with results only when they are safe. */
export type BatchEvent =
  | Exclude<PoolEvent, { type: "result" }>
  | { readonly type: "result"; readonly entry: JournalEntry };

/** What an iterator of events answered. */
interface Incoming {
  readonly result: IteratorResult<PoolEvent>;
}

/** Runs that may be on their way to the disk at the same time. */
const LOGGED_AT_ONCE = 8;

/** Makes results safe: each becomes an MLflow run and then a journal entry; at the end the parent run gets the whole. */
export class RunningBatch {
  readonly #tracker: Tracker;
  readonly #journal: Journal;
  readonly #models: ModelPack;
  readonly #identity: BatchIdentity;
  readonly #results: BatchResults;
  readonly #numScenarios: number;
  readonly #pending = new Map<ScenarioId, Promise<JournalEntry>>();

  /** @param so.results those of earlier attempts at the same batch. */
  constructor(
    tracker: Tracker,
    journal: Journal,
    models: ModelPack,
    identity: BatchIdentity,
    so: { readonly results: BatchResults; readonly numScenarios: number },
  ) {
    this.#tracker = tracker;
    this.#journal = journal;
    this.#models = models;
    this.#identity = identity;
    this.#results = so.results;
    this.#numScenarios = so.numScenarios;
  }

  async start(): Promise<void> {
    const { parentRunId, batch, project, code, tags, startTimeMs } = this.#identity;
    if (parentRunId === null) return;
    await this.#tracker.startRun({
      runId: parentRunId,
      runName: `${project.name} ${batch}`,
      status: "RUNNING",
      startTimeMs,
      params: {
        scenarios: String(this.#numScenarios),
        seed: String(project.seed),
        horizon: String(project.data.horizon),
      },
      metrics: [],
      tags: { ...tags, "scenario.project": project.name, "scenario.batch": batch, "scenario.code": code },
      inputs: this.#identity.inputs,
      artifacts: [],
    });
  }

  /**
   * Logs results as they come, and yields each as soon as it is safe, though no other scenario may end for minutes. Other
   * events pass through. The caller ends `events`.
   */
  async *settle(events: AsyncIterator<PoolEvent>): AsyncGenerator<BatchEvent> {
    try {
      yield* this.#settleAsTheyCome(events);
    } catch (error) {
      // One could not be written; others that were on their way at that moment may be safe.
      for (const logged of await Promise.allSettled(this.#pending.values())) {
        if (logged.status === "fulfilled") yield this.#safe(logged.value);
      }
      throw error;
    }
  }

  async *#settleAsTheyCome(events: AsyncIterator<PoolEvent>): AsyncGenerator<BatchEvent> {
    const nextEvent = (): Promise<Incoming> => {
      const next = events.next().then((result) => ({ result }));
      next.catch(() => {}); // It is looked at when there is room for what it brings.
      return next;
    };
    let next: Promise<Incoming> | null = nextEvent();
    while (next !== null || this.#pending.size > 0) {
      const isAwaited: boolean = next !== null && this.#pending.size < LOGGED_AT_ONCE;
      const first: Incoming | JournalEntry = await Promise.race([
        ...(next !== null && isAwaited ? [next] : []),
        ...this.#pending.values(),
      ]);
      if (!("result" in first)) {
        yield this.#safe(first);
        continue;
      }
      if (first.result.done) {
        next = null;
        continue;
      }
      next = nextEvent();
      const event = first.result.value;
      if (event.type === "result") this.#pending.set(event.result.scenario.id, this.#log(event.result));
      else yield event;
    }
  }

  /** Ends the parent run, as killed when scenarios are missing. */
  async finish(scenarioKey: readonly string[]): Promise<void> {
    for (const logged of await Promise.allSettled(this.#pending.values())) {
      if (logged.status === "fulfilled") this.#safe(logged.value);
    }
    // Only a quicker way to read the journal: a full disk that has no room for it must not keep the runs from ending.
    const stored = { results: this.#results, journalBytes: await this.#journal.size() };
    await writeResults(this.#journal.folder, stored).catch(() => {});
    // After the results, so that whoever reads on from them finds it.
    if (this.#isComplete) await this.#journal.complete(Date.now());
    const { parentRunId } = this.#identity;
    if (parentRunId === null) return;
    const { summary } = this.outcome();
    const endTimeMs = Date.now();
    const metrics = { ...summary.metrics, succeeded: summary.succeeded, failed: summary.failed };
    await this.#tracker.finishRun(parentRunId, {
      status: this.#isComplete ? "FINISHED" : "KILLED",
      endTimeMs,
      tags: { "scenario.data": dataVersion(this.#results) },
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestampMs: endTimeMs, step: 0 })),
      artifacts: [{ path: "results.parquet", bytes: resultsTable(this.#results, scenarioKey) }],
    });
  }

  outcome(): BatchOutcome {
    return {
      batch: this.#identity.batch,
      summary: summarize(this.#results),
      results: this.#results,
      isComplete: this.#isComplete,
      parentRunId: this.#identity.parentRunId,
      location: this.#tracker.location,
      folder: this.#journal.folder,
    };
  }

  get #isComplete(): boolean {
    return this.#results.size >= this.#numScenarios;
  }

  /** The journal comes last: what it names is safe. */
  async #log(result: ScenarioResult): Promise<JournalEntry> {
    const entry = journalEntry(result, this.#identity, await this.#keep(result));
    await this.#journal.write(entry);
    return entry;
  }

  async #keep(result: ScenarioResult): Promise<ResultPlace> {
    const { childRuns } = this.#identity;
    if (childRuns === "all" || (childRuns === "failed" && result.status === "failed")) {
      const record = scenarioRecord(result, this.#identity);
      await this.#tracker.logRun(record);
      return { runId: record.runId, packed: null };
    }
    const model = result.status === "succeeded" ? result.files.get(MODEL_FILE) : undefined;
    return { runId: null, packed: model === undefined ? null : await this.#models.append(model) };
  }

  #safe(entry: JournalEntry): BatchEvent {
    const id = entry.id as ScenarioId;
    this.#pending.delete(id);
    this.#results.add(entry);
    return { type: "result", entry };
  }
}

/** One hash of all rows that the models of a batch saw: the same for the same rows, whatever the order of training. */
function dataVersion(results: BatchResults): string {
  const digests: string[] = [];
  for (let place = 0; place < results.size; place++) {
    const { id, digest } = results.texts(place);
    digests.push(`${id} ${digest}`);
  }
  return createHash("sha256").update(digests.sort().join("\n")).digest("hex").slice(0, 32);
}
