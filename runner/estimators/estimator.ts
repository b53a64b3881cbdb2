import type { Table } from "../table/table.ts";
import type { ModelState } from "./state.ts";

/** Hyper-parameters as MLflow logs them. */
export type Params = Readonly<Record<string, string | number | boolean | null>>;

export interface FitOptions {
  /** One non-negative weight a row. */
  readonly sampleWeight?: Float64Array;
  /** Threads that one fit may use; only estimators made for large scenarios heed it. Default 1. */
  readonly numThreads?: number;
}

/**
 * scikit-learn's contract: the constructor stores parameters only, `fit` sets what is learnt, `predict` reads it.
 * The target is one float64 a row: the value for regression, the class number 0..K-1 for classification.
 */
export interface Estimator {
  /** Parameters as given to the constructor, defaults filled in. */
  getParams(): Params;
  /** @param features n rows; numeric columns only unless the estimator says otherwise. @param target n values, no NaN. */
  fit(features: Table, target: Float64Array, options?: FitOptions): this;
  /** One value (or class number) a row. @throws NotFittedError before `fit`. */
  predict(features: Table): Float64Array;
  /** What `fromState` needs to predict identically. @throws NotFittedError before `fit`. */
  toState(): ModelState;
  /** Importance of each feature, summing to 1 (all 0 when nothing was learnt), by feature name; where the estimator has it. */
  readonly featureImportances?: Readonly<Record<string, number>> | undefined;
}

export interface Classifier extends Estimator {
  /** Class probabilities, row-major: n rows x `numClasses`. */
  predictProba(features: Table): Float64Array;
  readonly numClasses: number;
}

/** `fit` learns from training rows, `transform` applies it to any rows with the same columns. */
export interface Transformer {
  getParams(): Params;
  fit(features: Table, target?: Float64Array): this;
  transform(features: Table): Table;
  toState(): ModelState;
  /** Which input column an output column was made of, for those that have another name (`store=12`: `store`). */
  readonly featureSources?: Readonly<Record<string, string>>;
}

/** Makes a fitted object from what `saveEstimator` returned; for the parts of composite estimators. */
export type RestorePart = (saved: ModelState) => Estimator | Transformer;

/** The static side: how a model file names a class and gets an object back. */
export interface Restorable<T extends Estimator | Transformer> {
  readonly name: string;
  /** @param restorePart for composite estimators (a pipeline): how to restore what they are made of. */
  fromState(state: ModelState, restorePart: RestorePart): T;
}

export function isClassifier(estimator: Estimator): estimator is Classifier {
  return "predictProba" in estimator;
}

export function isTransformer(step: Estimator | Transformer): step is Transformer {
  return "transform" in step;
}

export class NotFittedError extends Error {
  override readonly name = "NotFittedError";
  constructor(estimator: string) {
    super(`this ${estimator} is not fitted yet; call fit first`);
  }
}
