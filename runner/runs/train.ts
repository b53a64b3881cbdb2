import type { DataDescription } from "../data/description.ts";
import type { ScenarioKey } from "../data/scenario.ts";
import { scenarioId } from "../data/scenario.ts";
import { sqlText } from "../data/sql.ts";
import { DataError } from "../engines/data-error.ts";
import type { Selection } from "../engines/engine.ts";
import type { Snapshot } from "../engines/snapshot.ts";
import type { BatchScenario, PoolEvent, ScenarioResult } from "../executor/batch.ts";
import { defaultJobs } from "../executor/limits.ts";
import { type RunInput, runIdOf } from "../tracking/run-record.ts";
import type { RefusedRun } from "../tracking/sync.ts";
import { lockBatch } from "./batch-lock.ts";
import { BatchResults } from "./batch-results.ts";
import { lastFullBatch, type StoredBatch } from "./batches.ts";
import { Journal, newBatchName } from "./journal.ts";
import { ModelPack } from "./model-pack.ts";
import { type BatchEvent, type BatchOutcome, RunningBatch } from "./running-batch.ts";
import type { BatchIdentity, DataSource } from "./scenario-record.ts";
import { batchRows, countScenarios } from "./selection.ts";
import { experimentName, openPool, openSessionTracker, type Session, trackingUri } from "./session.ts";
import { sourceTags } from "./source-tags.ts";

export interface TrainOptions {
  /** These scenarios; all of the master table when left out. */
  readonly scenarios?: readonly ScenarioKey[];
  /** SQL over the master table's columns that narrows the rows down. */
  readonly where?: string;
  readonly snapshot?: Snapshot;
  /** Go on with the last batch over all scenarios. */
  readonly resume?: boolean;
  /** Executors at the same time; one a core when left out. */
  readonly jobs?: number;
  /** Report each stage as it ends. */
  readonly stages?: boolean;
  /** Stops the run: what is done stays done, and `resume` goes on from there. */
  readonly signal?: AbortSignal;
  /** Hears how far the sending to a tracking server is, once all scenarios are trained. */
  readonly onSending?: (progress: { readonly sent: number; readonly total: number }) => void;
}

export type TrainEvent =
  | {
      readonly type: "begin";
      readonly batch: string;
      readonly numScenarios: number;
      readonly numDone: number;
      readonly warnings: readonly string[];
    }
  | BatchEvent
  | { readonly type: "end"; readonly outcome: BatchOutcome; readonly refused: readonly RefusedRun[] };

export class ResumeError extends Error {
  override readonly name = "ResumeError";
}

/**
 * Trains scenarios: fetches their rows by the engine, trains them in the pool, logs each run, and keeps a journal. Yields
 * what happens as it happens, a result only when its run is safe.
 *
 * @throws DataError, TrackingError, ResumeError, BatchBusyError when the run can't be done at all; what was trained by then is safe.
 */
export async function* train(session: Session, given: TrainOptions = {}): AsyncGenerator<TrainEvent> {
  const broken = new AbortController();
  const signal = AbortSignal.any([broken.signal, ...(given.signal === undefined ? [] : [given.signal])]);
  const options = { ...given, signal };
  const plan = await planBatch(session, options);
  const identity = await identify(session, plan, options);
  await using tracker = await openSessionTracker(session);
  await using journal = await openJournal(session, plan, identity, options);
  await using _lock = await lockBatch(journal.folder, signal);
  await using models = new ModelPack(journal.folder);
  const batch = new RunningBatch(tracker, journal, models, identity, plan);
  const { numScenarios, warnings, results } = plan;
  yield { type: "begin", batch: plan.batch, numScenarios, numDone: results.size, warnings };
  await batch.start();
  const events = poolEvents(session, plan, options);
  let isWhole = false;
  try {
    yield* batch.settle(events);
    isWhole = true;
  } finally {
    if (!isWhole) broken.abort();
    await events.return(undefined);
    // Whatever stopped the loop: the parent run must not stay "running".
    const finished = batch.finish(session.project.description.data.scenarioKey);
    // What stopped the loop tells more than the same trouble at the end.
    await (isWhole ? finished : finished.catch(() => {}));
  }
  const { onSending } = options;
  const { refused } = await tracker.flush({ signal, ...(onSending === undefined ? {} : { onProgress: onSending }) });
  yield { type: "end", outcome: batch.outcome(), refused };
}

/** What will be trained. */
interface BatchPlan {
  readonly batch: string;
  readonly isResumed: boolean;
  readonly startTimeMs: number;
  /** Of the whole batch, those that are done already included. */
  readonly numScenarios: number;
  readonly numRows: number;
  readonly selection: Selection;
  /** Scenarios that were asked for but have no rows. */
  readonly absent: readonly BatchScenario[];
  /** Results of the batch so far. */
  readonly results: BatchResults;
  readonly warnings: readonly string[];
}

async function planBatch(session: Session, options: TrainOptions): Promise<BatchPlan> {
  const { engine } = session;
  const resumed = options.resume ? await batchToResume(session, options) : null;
  const selection: Selection = {
    ...(options.scenarios === undefined ? {} : { scenarios: options.scenarios }),
    ...(options.where === undefined ? {} : { where: options.where }),
    ...(options.snapshot === undefined ? {} : { snapshot: options.snapshot }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const results = resumed === null ? new BatchResults() : doneBefore(resumed, session.project.bundle.hash);
  const counted = await countScenarios(engine, selection, (id) => !results.has(id));
  const absent = withoutRows(options.scenarios ?? [], counted.keys);
  if (results.size + counted.numScenarios + absent.length === 0) {
    throw new DataError("EMPTY", `--where "${options.where}" holds for no row that has a scenario key`, {
      query: "--where",
    });
  }
  return {
    batch: resumed?.header.batch ?? newBatchName(new Date()),
    isResumed: resumed !== null,
    startTimeMs: resumed?.header.startTimeMs ?? Date.now(),
    numScenarios: results.size + counted.numScenarios + absent.length,
    numRows: counted.numRows,
    selection: results.size === 0 ? selection : { ...selection, scenarios: counted.keys },
    absent,
    results,
    warnings:
      counted.nullKeyRows === 0
        ? []
        : [`${counted.nullKeyRows} rows belong to no scenario: a key column is missing in them`],
  };
}

/** Those of the scenarios that were asked for that are not among those found, each once. */
function withoutRows(asked: readonly ScenarioKey[], found: readonly ScenarioKey[]): BatchScenario[] {
  const known = new Set(asked.length === 0 ? [] : found.map(scenarioId));
  const absent: BatchScenario[] = [];
  for (const key of asked) {
    const id = scenarioId(key);
    if (!known.has(id)) absent.push({ id, key, numRows: 0 });
    known.add(id);
  }
  return absent;
}

async function batchToResume({ project }: Session, { where, snapshot }: TrainOptions): Promise<StoredBatch> {
  const batch = await lastFullBatch(project.dir);
  if (batch === null) throw new ResumeError("nothing to resume: no `train --all` has been started in this project yet");
  const { header } = batch;
  if (header.where !== (where ?? null) || header.snapshot !== (snapshot?.id ?? null)) {
    const before = `${header.where === null ? "no --where" : `--where "${header.where}"`}, ${
      header.snapshot === null ? "no --snapshot" : `--snapshot ${header.snapshot}`
    }`;
    throw new ResumeError(`the batch to resume (${header.batch}) was started with ${before}; resume it with the same`);
  }
  return batch;
}

/** What need not be done again: successes, and failures of the very same code. */
function doneBefore(batch: StoredBatch, code: string): BatchResults {
  const done = new BatchResults();
  for (let place = 0; place < batch.results.size; place++) {
    const { failure, code: trainedBy } = batch.results.texts(place);
    if (failure === null || trainedBy === code) done.copy(batch.results, place);
  }
  return done;
}

async function identify(session: Session, plan: BatchPlan, options: TrainOptions): Promise<BatchIdentity> {
  const { project } = session;
  const { snapshot } = options;
  const dataSource = snapshot === undefined ? sqlSource(project.description.data) : snapshotSource(snapshot);
  return {
    batch: plan.batch,
    startTimeMs: plan.startTimeMs,
    parentRunId: options.scenarios === undefined ? runIdOf(plan.batch) : null,
    // A few scenarios that were asked for by name are always wanted whole.
    childRuns: options.scenarios === undefined ? (project.description.tracking.childRuns ?? "all") : "all",
    project: project.description,
    code: project.bundle.hash,
    dataSource,
    inputs: snapshot === undefined ? [] : [snapshotInput(project.description.name, snapshot, dataSource)],
    tags: await sourceTags(project.dir),
  };
}

function sqlSource({ trainingMaster, streams }: DataDescription): DataSource {
  return { type: "sql", source: JSON.stringify({ sql: sqlText(trainingMaster), streams }) };
}

function snapshotSource({ id, path }: Snapshot): DataSource {
  return { type: "local", source: JSON.stringify({ uri: path, snapshot: id }) };
}

function snapshotInput(name: string, { id, manifest }: Snapshot, { type, source }: DataSource): RunInput {
  const schema = JSON.stringify(manifest.schema);
  const profile = JSON.stringify({ num_rows: manifest.rows });
  return { name, digest: id, sourceType: type, source, schema, profile, context: "training" };
}

function openJournal(
  session: Session,
  plan: BatchPlan,
  identity: BatchIdentity,
  options: TrainOptions,
): Promise<Journal> {
  const { dir } = session.project;
  if (plan.isResumed) return Journal.reopen(dir, plan.batch);
  return Journal.create(dir, {
    type: "batch",
    batch: plan.batch,
    kind: options.scenarios === undefined ? "all" : "some",
    startTimeMs: plan.startTimeMs,
    parentRunId: identity.parentRunId,
    experiment: experimentName(session),
    trackingUri: trackingUri(session),
    where: options.where ?? null,
    snapshot: options.snapshot?.id ?? null,
  });
}

/** Results of scenarios without rows, then those of the pool. Ends early, without an error, when the signal is given. */
async function* poolEvents(session: Session, plan: BatchPlan, options: TrainOptions): AsyncGenerator<PoolEvent> {
  for (const scenario of plan.absent) yield { type: "result", result: notFound(scenario) };
  const numToDo = plan.numScenarios - plan.results.size;
  if (numToDo === 0 || plan.numRows === 0) return;
  const jobs = Math.min(options.jobs ?? defaultJobs(), numToDo);
  // Cores that no other scenario needs may serve one fit.
  const numThreads = Math.max(1, Math.floor(defaultJobs() / jobs));
  using pool = openPool(session, { jobs, numThreads, stages: options.stages ?? false });
  const stop = () => pool[Symbol.dispose]();
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    const batches = session.engine.batches({ ...plan.selection, targetRows: batchRows(plan.numRows, jobs) });
    for await (const event of pool.run("train", batches)) {
      if (options.signal?.aborted) return;
      yield event;
    }
  } catch (error) {
    if (!options.signal?.aborted) throw error;
  } finally {
    options.signal?.removeEventListener("abort", stop);
  }
}

function notFound(scenario: BatchScenario): ScenarioResult {
  const now = Date.now();
  const message = "no rows of the master table have this key; `scenario list` shows the scenarios";
  const failure = { name: "ScenarioNotFoundError", message, stage: null, stack: "", location: null };
  return { scenario, startTimeMs: now, endTimeMs: now, stages: [], warnings: [], status: "failed", failure };
}
