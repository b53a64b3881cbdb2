import type { DataDescription } from "../data/description.ts";
import type { ScenarioKey } from "../data/scenario.ts";
import { sqlText } from "../data/sql.ts";
import type { Selection } from "../engines/engine.ts";
import type { Snapshot } from "../engines/snapshot.ts";
import type { BatchScenario, PoolEvent } from "../executor/batch.ts";
import { type RunInput, runIdOf } from "../tracking/run-record.ts";
import type { SyncReport } from "../tracking/sync.ts";
import { lockBatch } from "./batch-lock.ts";
import { BatchResults } from "./batch-results.ts";
import { lastFullBatch, type StoredBatch } from "./batches.ts";
import { Journal, newBatchName } from "./journal.ts";
import { ModelPack } from "./model-pack.ts";
import { poolEvents } from "./pool-events.ts";
import { type BatchEvent, type BatchOutcome, RunningBatch } from "./running-batch.ts";
import type { BatchIdentity, DataSource } from "./scenario-record.ts";
import { absentScenarios, countScenarios, noSuchRows, notFound, type ScenarioCount } from "./selection.ts";
import { experimentName, openSessionTracker, type Session, trackingFolders, trackingUri } from "./session.ts";
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
  | { readonly type: "end"; readonly outcome: BatchOutcome; readonly sending: SyncReport };

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
  const events = planEvents(session, plan, options);
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
  const sending = await tracker.flush({ signal, ...(onSending === undefined ? {} : { onProgress: onSending }) });
  yield { type: "end", outcome: batch.outcome(), sending };
}

/** What will be trained. */
interface BatchPlan {
  readonly batch: string;
  readonly isResumed: boolean;
  readonly startTimeMs: number;
  /** Of the whole batch, those that are done already included. */
  readonly numScenarios: number;
  readonly toDo: ScenarioCount;
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
  const absent = absentScenarios(options.scenarios ?? [], counted.keys);
  if (results.size + counted.numScenarios + absent.length === 0) {
    throw noSuchRows(options);
  }
  return {
    batch: resumed?.header.batch ?? newBatchName(new Date()),
    isResumed: resumed !== null,
    startTimeMs: resumed?.header.startTimeMs ?? Date.now(),
    numScenarios: results.size + counted.numScenarios + absent.length,
    toDo: counted,
    selection: results.size === 0 ? selection : { ...selection, scenarios: counted.keys },
    absent,
    results,
    warnings:
      counted.nullKeyRows === 0
        ? []
        : [`${counted.nullKeyRows} rows belong to no scenario: a key column is missing in them`],
  };
}

async function batchToResume(session: Session, { where, snapshot }: TrainOptions): Promise<StoredBatch> {
  const batch = await lastFullBatch(session.project.dir);
  if (batch === null) throw new ResumeError("nothing to resume: no `train --all` has been started in this project yet");
  const { header } = batch;
  const place = { uri: trackingUri(session), experiment: experimentName(session) };
  if (header.trackingUri !== place.uri || header.experiment !== place.experiment) {
    const before = `"${header.experiment}" in ${header.trackingUri}`;
    throw new ResumeError(
      `the runs of the batch to resume (${header.batch}) are in the experiment ${before}; now it would be "${place.experiment}" in ${place.uri}`,
    );
  }
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
    tags: await sourceTags(project.dir, trackingFolders(session)),
  };
}

function sqlSource({ trainingMaster, streams }: DataDescription): DataSource {
  // Bound values stay out: they may be secrets.
  const sources = Object.entries(streams).map(([name, stream]) => [
    name,
    stream.kind === "query" ? { kind: stream.kind, sql: sqlText(stream.query) } : stream,
  ]);
  return {
    type: "sql",
    source: JSON.stringify({ sql: sqlText(trainingMaster), streams: Object.fromEntries(sources) }),
  };
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
async function* planEvents(session: Session, plan: BatchPlan, options: TrainOptions): AsyncGenerator<PoolEvent> {
  for (const scenario of plan.absent) yield { type: "result", result: notFound(scenario, "the master table") };
  yield* poolEvents(session, {
    ...options,
    type: "train",
    count: plan.toDo,
    batches: (targetRows) => session.engine.batches({ ...plan.selection, targetRows }),
  });
}
