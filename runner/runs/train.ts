import type { PoolEvent } from "../executor/batch.ts";
import type { SyncReport } from "../tracking/sync.ts";
import { identify } from "./batch-identity.ts";
import { lockBatch } from "./batch-lock.ts";
import { type BatchPlan, planBatch, type TrainOptions } from "./batch-plan.ts";
import { Journal } from "./journal.ts";
import { ModelPack } from "./model-pack.ts";
import { poolEvents } from "./pool-events.ts";
import { type BatchEvent, type BatchOutcome, RunningBatch } from "./running-batch.ts";
import type { BatchIdentity } from "./scenario-record.ts";
import { notFound } from "./selection.ts";
import { experimentName, openSessionTracker, type Session, trackingUri } from "./session.ts";

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
