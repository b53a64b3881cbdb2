import type { ScenarioKey } from "../data/scenario.ts";
import type { Selection } from "../engines/engine.ts";
import type { Snapshot } from "../engines/snapshot.ts";
import type { BatchScenario } from "../executor/batch.ts";
import { BatchResults } from "./batch-results.ts";
import { lastFullBatch, type StoredBatch } from "./batches.ts";
import { newBatchName } from "./journal.ts";
import { absentScenarios, countScenarios, noSuchRows, type ScenarioCount } from "./selection.ts";
import { experimentName, type Session, trackingUri } from "./session.ts";

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

export class ResumeError extends Error {
  override readonly name = "ResumeError";
}

/** What will be trained. */
export interface BatchPlan {
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

/** @throws DataError when nothing is selected; ResumeError when there is nothing to resume in the same way. */
export async function planBatch(session: Session, options: TrainOptions): Promise<BatchPlan> {
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
