import { Table } from "../table/table.ts";
import type { ScenarioContext } from "./context.ts";
import { describeFailure, type Failure } from "./failure.ts";
import type { Pipeline } from "./pipeline.ts";
import { checkRunContent } from "./run-content.ts";
import type { Evaluation, Predictions, RunContent, Stage } from "./stages.ts";
import { type TrainedModel, trainedModel } from "./trained-model.ts";

export interface StageTiming {
  readonly name: Stage;
  readonly ms: number;
}

/** Rows and features (or columns) of a stage's output. */
export interface StageSize {
  readonly rows: number;
  readonly columns: number;
}

/** Hears of each stage as it starts and ends; `size` is `null` where the output is no table, or the stage failed. */
export type StageListener = (
  event:
    | { readonly phase: "start"; readonly stage: Stage }
    | { readonly phase: "end"; readonly stage: Stage; readonly ms: number; readonly size: StageSize | null },
) => void;

export type TrainingOutcome =
  | {
      readonly status: "succeeded";
      readonly stages: readonly StageTiming[];
      readonly evaluation: Evaluation;
      readonly content: RunContent;
      readonly model: TrainedModel;
    }
  | { readonly status: "failed"; readonly stages: readonly StageTiming[]; readonly failure: Failure };

export type PredictionOutcome =
  | { readonly status: "succeeded"; readonly stages: readonly StageTiming[]; readonly predictions: Predictions }
  | { readonly status: "failed"; readonly stages: readonly StageTiming[]; readonly failure: Failure };

/** An override forgot to return its stage's output. */
export class StageOutputError extends Error {
  override readonly name = "StageOutputError";
}

/** Runs the five stages over one scenario's rows. Never throws: whatever goes wrong is the outcome's failure. */
export async function trainScenario(
  pipeline: Pipeline,
  rows: Table,
  context: ScenarioContext,
  listen: StageListener = () => {},
): Promise<TrainingOutcome> {
  const stages = new StageRunner(listen);
  try {
    const prepared = await stages.run("prepareData", () => pipeline.prepareData(rows, context));
    const selected = await stages.run("selectFeatures", () => pipeline.selectFeatures(prepared, context));
    const tuned = await stages.run("tuneHyperparams", () => pipeline.tuneHyperparams(selected, context));
    const evaluation = await stages.run("computeMetrics", () => pipeline.computeMetrics(tuned, context));
    const content = await stages.run("logRun", () => pipeline.logRun(evaluation, context), checkRunContent);
    return {
      status: "succeeded",
      stages: stages.timings,
      evaluation,
      content,
      model: trainedModel(context.scenario.id, evaluation),
    };
  } catch (thrown) {
    return { status: "failed", stages: stages.timings, failure: describeFailure(thrown, stages.current) };
  }
}

/** Runs `predict` for one scenario. Never throws. */
export async function predictScenario(
  pipeline: Pipeline,
  readModel: () => TrainedModel,
  rows: Table,
  context: ScenarioContext,
  listen: StageListener = () => {},
): Promise<PredictionOutcome> {
  const stages = new StageRunner(listen);
  try {
    const predictions = await stages.run("predict", () => pipeline.predict(readModel(), rows, context));
    return { status: "succeeded", stages: stages.timings, predictions };
  } catch (thrown) {
    return { status: "failed", stages: stages.timings, failure: describeFailure(thrown, stages.current) };
  }
}

/** Runs stages one after the other and remembers them, for the result of a scenario that fails half way, too. */
class StageRunner {
  readonly timings: StageTiming[] = [];
  /** The stage that runs or that ran last. */
  current: Stage | null = null;
  readonly #listen: StageListener;

  constructor(listen: StageListener) {
    this.#listen = listen;
  }

  /** @param check throws when the stage's output is not what it must be. */
  async run<T>(stage: Stage, body: () => T | Promise<T>, check: (output: T) => void = () => {}): Promise<T> {
    this.current = stage;
    this.#listen({ phase: "start", stage });
    const start = performance.now();
    let size: StageSize | null = null;
    try {
      const output = await body();
      size = sizeOf(output);
      if (output === undefined || output === null) {
        throw new StageOutputError(
          `${stage} returned nothing; return its output, or what \`super.${stage}(...)\` returns`,
        );
      }
      check(output);
      return output;
    } finally {
      const ms = performance.now() - start;
      this.timings.push({ name: stage, ms });
      this.#listen({ phase: "end", stage, ms, size });
    }
  }
}

/** Stages of a training hold `features`, predictions hold `rows`. */
function sizeOf(output: unknown): StageSize | null {
  if (typeof output !== "object" || output === null) return null;
  const table = "features" in output ? output.features : "rows" in output ? output.rows : null;
  return table instanceof Table ? { rows: table.numRows, columns: table.numColumns } : null;
}
