import type { Task } from "../data/data.ts";
import type { Estimator, Params } from "../estimators/estimator.ts";
import type { FeatureRecipe } from "../features/recipe.ts";
import type { Table } from "../table/table.ts";
import type { Trial } from "../tuning/grid-search.ts";
import type { Split } from "../tuning/split.ts";

/** The stages of a training, in order. `predict` is the one of a prediction. */
export const trainingStages = ["prepareData", "selectFeatures", "tuneHyperparams", "computeMetrics", "logRun"] as const;
export type TrainingStage = (typeof trainingStages)[number];
export type Stage = TrainingStage | "predict";

// Each stage returns its own output with that of the stages before it, so that the next needs nothing else.

/** Output of `prepareData`: one row a usable observation, in time order where there is a time. */
export interface PreparedData {
  readonly task: Task;
  /** Class labels by class number; empty for regression. */
  readonly classes: readonly string[];
  /** The master table's rows, aligned with `features`. */
  readonly rows: Table;
  readonly features: Table;
  /** How `features` were made, for the identical transformation at prediction. */
  readonly recipe: FeatureRecipe;
  /** Value (regression) or class number of each row. */
  readonly target: Float64Array;
  /** What a naive forecast would say for each row; NaN where it can't say anything. Regression with a time only. */
  readonly naive: Float64Array | null;
  readonly split: Split;
}

export interface DroppedFeature {
  readonly name: string;
  readonly reason: string;
}

/** Output of `selectFeatures`. `features` holds the selected ones only. */
export interface SelectedFeatures extends PreparedData {
  readonly dropped: readonly DroppedFeature[];
}

/** Output of `tuneHyperparams`. */
export interface TunedModel extends SelectedFeatures {
  readonly params: Params;
  readonly trials: readonly Trial[];
}

/** Actual and predicted of the test rows, in row order. */
export interface Forecast {
  readonly rows: Table;
  readonly actual: Float64Array;
  readonly predicted: Float64Array;
  /** Row-major probabilities, rows x classes; `null` for regression. */
  readonly probabilities: Float64Array | null;
  /** What the naive forecast says; for classes their shares in the past, row-major, rows x classes. */
  readonly baseline: Float64Array;
}

/** Output of `computeMetrics`. */
export interface Evaluation extends TunedModel {
  /** Metrics of the test rows by name, those relative to the baseline and the user's KPIs included. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly forecast: Forecast;
  readonly featureImportances: Readonly<Record<string, number>>;
  /** Fitted on all rows: the one to predict with. */
  readonly model: Estimator;
}

/** Output of `logRun`: what MLflow gets for this scenario. */
export interface RunContent {
  readonly params: Readonly<Record<string, string | number | boolean | null>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Files by path within the run. */
  readonly artifacts: Readonly<Record<string, Uint8Array | string>>;
}

/** Output of `predict`: one row a row to be predicted. */
export interface Predictions {
  readonly rows: Table;
  /** Value, or class number. */
  readonly predicted: Float64Array;
  readonly classes: readonly string[];
  readonly probabilities: Float64Array | null;
}
