import type { Table } from "../table/table.ts";
import { type Estimator, type FitOptions, NotFittedError, type Params } from "./estimator.ts";
import { importanceShares } from "./importance.ts";
import { OptionCheck } from "./option.ts";
import { type ModelState, StateReader } from "./state.ts";
import { solveSymmetric } from "./symmetric-system.ts";
import { checkTraining, finiteColumns, type TrainingWeights } from "./training-input.ts";

export interface RidgeRegressorOptions {
  /** Strength of the penalty on the squared coefficients; 0 is ordinary least squares. Default 1. */
  readonly alpha?: number;
  /** Whether to add a constant, which is not penalised. Default true. */
  readonly fitIntercept?: boolean;
}

interface Learnt {
  readonly features: readonly string[];
  /** One for each feature. */
  readonly coefficients: Float64Array;
  readonly intercept: number;
  /** |coefficient| x standard deviation of the feature. */
  readonly strengths: Float64Array;
}

/**
 * Linear least squares with a squared penalty: minimises `sum w (y - Xb - c)^2 + alpha |b|^2`, as scikit-learn's `Ridge`.
 * The normal equations of the centred columns are scaled to a unit diagonal and solved by Cholesky; collinear columns
 * without a penalty share the coefficient (pseudo-inverse). Scale the features (StandardScaler) for an even penalty.
 *
 * Reference: A. E. Hoerl, R. W. Kennard (1970), Ridge regression, Technometrics 12(1).
 *
 * @example
 * const model = new RidgeRegressor({ alpha: 0.5 }).fit(train, sales);
 * model.predict(test);
 */
export class RidgeRegressor implements Estimator {
  static readonly name = "RidgeRegressor";
  readonly alpha: number;
  readonly fitIntercept: boolean;
  #learnt: Learnt | null = null;

  /** @throws InvalidOptionError */
  constructor(options: RidgeRegressorOptions = {}) {
    const check = new OptionCheck(RidgeRegressor.name);
    this.alpha = check.atLeast("alpha", options.alpha ?? 1, 0);
    this.fitIntercept = check.boolean("fitIntercept", options.fitIntercept ?? true);
  }

  getParams(): Params {
    return { alpha: this.alpha, fitIntercept: this.fitIntercept };
  }

  /** @param features n rows of finite numbers. @throws InvalidInputError */
  fit(features: Table, target: Float64Array, options: FitOptions = {}): this {
    const weights = checkTraining(features, target, options.sampleWeight, RidgeRegressor.name);
    const names = features.names;
    const columns = finiteColumns(features, names, RidgeRegressor.name);
    this.#learnt = solveRidge(names, columns, target, weights, this.alpha, this.fitIntercept);
    return this;
  }

  predict(features: Table): Float64Array {
    const { features: names, coefficients, intercept } = this.#fitted();
    const columns = finiteColumns(features, names, RidgeRegressor.name);
    const predictions = new Float64Array(features.numRows).fill(intercept);
    for (let j = 0; j < columns.length; j++) {
      const values = columns[j];
      const coefficient = coefficients[j];
      if (coefficient === 0) continue;
      for (let row = 0; row < predictions.length; row++) predictions[row] += coefficient * values[row];
    }
    return predictions;
  }

  /** Coefficient of each feature, per unit of the feature. */
  get coefficients(): Readonly<Record<string, number>> {
    const { features, coefficients } = this.#fitted();
    return Object.fromEntries(features.map((name, j) => [name, coefficients[j]]));
  }

  get intercept(): number {
    return this.#fitted().intercept;
  }

  /** |coefficient| x standard deviation of the feature, as shares: how much the prediction moves with it. */
  get featureImportances(): Readonly<Record<string, number>> {
    const { features, strengths } = this.#fitted();
    return importanceShares(features, strengths);
  }

  toState(): ModelState {
    return { alpha: this.alpha, fitIntercept: this.fitIntercept, ...this.#fitted() };
  }

  static fromState(state: ModelState): RidgeRegressor {
    const fields = new StateReader(state, RidgeRegressor.name);
    const model = new RidgeRegressor({ alpha: fields.number("alpha"), fitIntercept: fields.boolean("fitIntercept") });
    model.#learnt = {
      features: fields.strings("features"),
      coefficients: fields.array("coefficients", Float64Array),
      intercept: fields.number("intercept"),
      strengths: fields.array("strengths", Float64Array),
    };
    return model;
  }

  #fitted(): Learnt {
    if (this.#learnt === null) throw new NotFittedError(RidgeRegressor.name);
    return this.#learnt;
  }
}

function solveRidge(
  names: readonly string[],
  columns: readonly Float64Array[],
  target: Float64Array,
  { weight, total }: TrainingWeights,
  alpha: number,
  fitIntercept: boolean,
): Learnt {
  const p = columns.length;
  const centre = (values: Float64Array) => (fitIntercept ? mean(values, weight, total) : 0);
  const means = Float64Array.from(columns, centre);
  const centred = columns.map((values, j) => centredColumn(values, means[j], weight));
  const targetMean = centre(target);
  const centredTarget = centredColumn(target, targetMean, weight);

  const varies: number[] = [];
  const norms = new Float64Array(p);
  const strengths = new Float64Array(p);
  for (let j = 0; j < p; j++) {
    const squares = dot(centred[j], centred[j]);
    strengths[j] = Math.sqrt(squares / total);
    // A constant column's mean is rounded, so that what is left of it is noise, not 0.
    if (strengths[j] <= 1e-14 * Math.abs(means[j])) continue;
    norms[j] = Math.sqrt(squares + alpha);
    if (norms[j] > 0) varies.push(j);
  }

  const size = varies.length;
  const gram = new Float64Array(size * size);
  const right = new Float64Array(size);
  for (let a = 0; a < size; a++) {
    const i = varies[a];
    right[a] = dot(centred[i], centredTarget) / norms[i];
    for (let b = 0; b < a; b++) {
      const j = varies[b];
      const product = dot(centred[i], centred[j]) / norms[i] / norms[j];
      gram[a * size + b] = product;
      gram[b * size + a] = product;
    }
    gram[a * size + a] = 1;
  }
  const solution = solveSymmetric(gram, right);

  const coefficients = new Float64Array(p);
  for (let a = 0; a < size; a++) coefficients[varies[a]] = solution[a] / norms[varies[a]];
  let intercept = targetMean;
  for (let j = 0; j < p; j++) {
    intercept -= coefficients[j] * means[j];
    strengths[j] *= Math.abs(coefficients[j]);
  }
  return { features: names, coefficients, intercept, strengths };
}

function mean(values: Float64Array, weight: Float64Array | null, total: number): number {
  let sum = 0;
  for (let row = 0; row < values.length; row++) sum += weight === null ? values[row] : weight[row] * values[row];
  return sum / total;
}

/** `sqrt(weight) (value - centre)`, so that plain dot products are weighted ones. */
function centredColumn(values: Float64Array, centre: number, weight: Float64Array | null): Float64Array {
  const centred = new Float64Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const difference = values[row] - centre;
    centred[row] = weight === null ? difference : Math.sqrt(weight[row]) * difference;
  }
  return centred;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let row = 0; row < a.length; row++) sum += a[row] * b[row];
  return sum;
}
