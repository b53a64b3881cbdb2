import type { ScenarioId } from "../data/scenario.ts";
import type { Selection } from "../engines/engine.ts";
import type { Batch, PoolEvent, ScenarioResult } from "../executor/batch.ts";
import { PREDICTIONS_FILE } from "../executor/protocol.ts";
import type { Failure } from "../pipeline/failure.ts";
import { tableFromIpc } from "../table/arrow.ts";
import type { Table } from "../table/table.ts";
import { forEachLimited } from "../tracking/concurrency.ts";
import { TrackingError } from "../tracking/errors.ts";
import { latestModels } from "./batches.ts";
import type { ModelSource } from "./model-source.ts";
import { poolEvents } from "./pool-events.ts";
import { absentScenarios, countScenarios, noSuchRows, notFound } from "./selection.ts";
import type { Session } from "./session.ts";

export interface PredictOptions extends Pick<Selection, "scenarios" | "where" | "signal"> {
  readonly jobs?: number;
  readonly stages?: boolean;
}

/** One scenario's predictions: the table of `predictionsTable`, or why there are none. */
export type PredictionResult = {
  readonly result: ScenarioResult;
  readonly runId: string | null;
} & ({ readonly table: Table } | { readonly table: null });

export type PredictEvent =
  | { readonly type: "begin"; readonly numScenarios: number }
  | Exclude<PoolEvent, { type: "result" }>
  | ({ readonly type: "result" } & PredictionResult);

export class NothingTrainedError extends Error {
  override readonly name = "NothingTrainedError";
}

/**
 * Predicts the rows of the prediction master with each scenario's latest model.
 *
 * @throws DataError when there is no prediction master, or no row of it is selected; NothingTrainedError when no scenario has a model yet.
 */
export async function* predictScenarios(
  session: Session,
  models: ModelSource,
  options: PredictOptions = {},
): AsyncGenerator<PredictEvent> {
  const { project, engine } = session;
  const selection: Selection = { ...options, set: "prediction" };
  const trained = await latestModels(project.dir);
  if (trained.size === 0)
    throw new NothingTrainedError("no scenario has a model yet; run `scenario train --all` first");
  const count = await countScenarios(engine, selection);
  const absent = absentScenarios(options.scenarios ?? [], count.keys);
  const numScenarios = count.numScenarios + absent.length;
  if (numScenarios === 0) throw noSuchRows(options);
  yield { type: "begin", numScenarios };
  for (const scenario of absent) {
    yield { type: "result", result: notFound(scenario, "the prediction master"), runId: null, table: null };
  }
  const runOf = (id: ScenarioId) => trained.get(id)?.runId ?? null;

  /** Why a model that was trained can't be read. */
  const lost = new Map<ScenarioId, Failure>();

  /** Rows with the model file of each scenario; an empty one where there is none. */
  async function* batches(targetRows: number): AsyncGenerator<Batch> {
    for await (const batch of engine.batches({ ...selection, targetRows })) {
      const files: Uint8Array[] = batch.scenarios.map(() => new Uint8Array());
      await forEachLimited([...batch.scenarios.entries()], 8, async ([index, { id }]) => {
        const model = trained.get(id);
        if (model === undefined) return;
        try {
          files[index] = await models.read(model);
        } catch (error) {
          // One run that was deleted is the trouble of one scenario; any other error is everybody's.
          if (!(error instanceof TrackingError) || error.code !== "RUN_NOT_FOUND") throw error;
          lost.set(id, { name: "ModelNotFoundError", message: error.message, stage: null, stack: "", location: null });
        }
      });
      yield { ...batch, models: files };
    }
  }

  for await (const event of poolEvents(session, { ...options, type: "predict", count, batches })) {
    if (event.type !== "result") yield event;
    else {
      const { id } = event.result.scenario;
      yield { type: "result", ...predictionOf(withLoss(event.result, lost.get(id)), runOf(id)) };
    }
  }
}

function withLoss(result: ScenarioResult, failure: Failure | undefined): ScenarioResult {
  return failure === undefined || result.status === "succeeded" ? result : { ...result, failure };
}

function predictionOf(result: ScenarioResult, runId: string | null): PredictionResult {
  const file = result.status === "succeeded" ? result.files.get(PREDICTIONS_FILE) : undefined;
  return { result, runId, table: file === undefined ? null : tableFromIpc(file) };
}
