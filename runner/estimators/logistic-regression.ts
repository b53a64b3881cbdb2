import type { Table } from "../table/table.ts";
import { mostProbableClass } from "./class-choice.ts";
import { type Classifier, type FitOptions, NotFittedError, type Params } from "./estimator.ts";
import { importanceShares } from "./importance.ts";
import { LogisticObjective, toProbabilities } from "./logistic-objective.ts";
import { minimiseNewton } from "./newton-cg.ts";
import { OptionCheck } from "./option.ts";
import { type ModelState, StateReader } from "./state.ts";
import { checkClasses, checkTraining, finiteColumns, type TrainingWeights } from "./training-input.ts";

export interface LogisticRegressionOptions {
  /** Inverse of the penalty's strength; infinity is no penalty. Default 1. */
  readonly C?: number;
  /** Most Newton steps. Default 100. */
  readonly maxIter?: number;
  /** Stops when no part of the gradient of the mean loss is larger (features scaled to unit variance). Default 1e-8. */
  readonly tol?: number;
  /** Whether to add a constant, which is not penalised. Default true. */
  readonly fitIntercept?: boolean;
}

interface Learnt {
  readonly features: readonly string[];
  readonly numClasses: number;
  /** The classes that had rows, ascending; the others are never predicted. */
  readonly classes: Int32Array;
  /** features x scores, row-major; one score for two classes, one a class for more, none for a single class. */
  readonly coefficients: Float64Array;
  readonly intercepts: Float64Array;
  /** Mean |coefficient| x standard deviation of each feature. */
  readonly strengths: Float64Array;
  readonly numIterations: number;
}

/**
 * Logistic regression with a squared penalty: minimises `C sum w loss + |b|^2 / 2`, the same minimum as scikit-learn's
 * `LogisticRegression` (binary: one score; more classes: softmax). Solved by Newton's method on columns scaled to unit
 * variance, so that the scale of the features changes the penalty, as there, but not the number of steps.
 * A target of one class is allowed: that class then has probability 1.
 *
 * Reference: C.-J. Lin, R. Weng, S. Keerthi (2008), Trust region Newton method for large-scale logistic regression,
 * JMLR 9.
 *
 * @example
 * const model = new LogisticRegression({ C: 0.1 }).fit(train, soldOut);
 * model.predictProba(test); // n x numClasses, row-major
 */
export class LogisticRegression implements Classifier {
  static readonly name = "LogisticRegression";
  readonly C: number;
  readonly maxIter: number;
  readonly tol: number;
  readonly fitIntercept: boolean;
  #learnt: Learnt | null = null;

  /** @throws InvalidOptionError */
  constructor(options: LogisticRegressionOptions = {}) {
    const check = new OptionCheck(LogisticRegression.name);
    this.C = check.positive("C", options.C ?? 1);
    this.maxIter = check.count("maxIter", options.maxIter ?? 100);
    this.tol = check.atLeast("tol", options.tol ?? 1e-8, 0);
    this.fitIntercept = check.boolean("fitIntercept", options.fitIntercept ?? true);
  }

  getParams(): Params {
    return { C: this.C, maxIter: this.maxIter, tol: this.tol, fitIntercept: this.fitIntercept };
  }

  /** @param features n rows of finite numbers. @param target class numbers 0..K-1. @throws InvalidInputError */
  fit(features: Table, target: Float64Array, options: FitOptions = {}): this {
    const weights = checkTraining(features, target, options.sampleWeight, LogisticRegression.name);
    const numClasses = checkClasses(target, LogisticRegression.name);
    const columns = finiteColumns(features, features.names, LogisticRegression.name);
    this.#learnt = { features: features.names, numClasses, ...learn(this, columns, target, numClasses, weights) };
    return this;
  }

  predict(features: Table): Float64Array {
    return mostProbableClass(this.predictProba(features), this.numClasses);
  }

  predictProba(features: Table): Float64Array {
    const { features: names, numClasses, classes, coefficients, intercepts } = this.#fitted();
    const columns = finiteColumns(features, names, LogisticRegression.name);
    const n = features.numRows;
    const proba = new Float64Array(n * numClasses);
    const k = intercepts.length;
    const scores = new Float64Array(k);
    for (let row = 0; row < n; row++) {
      scores.set(intercepts);
      for (let j = 0; j < columns.length; j++) {
        const value = columns[j][row];
        for (let c = 0; c < k; c++) scores[c] += value * coefficients[j * k + c];
      }
      const start = row * numClasses;
      if (k === 0) {
        proba[start + classes[0]] = 1;
        continue;
      }
      toProbabilities(scores, 0, k);
      if (k === 1) {
        proba[start + classes[0]] = 1 - scores[0];
        proba[start + classes[1]] = scores[0];
      } else {
        for (let c = 0; c < k; c++) proba[start + classes[c]] = scores[c];
      }
    }
    return proba;
  }

  get numClasses(): number {
    return this.#fitted().numClasses;
  }

  /** Newton steps that `fit` took; `maxIter` means that it stopped early. */
  get numIterations(): number {
    return this.#fitted().numIterations;
  }

  /** Mean |coefficient| x standard deviation of the feature, as shares. */
  get featureImportances(): Readonly<Record<string, number>> {
    const { features, strengths } = this.#fitted();
    return importanceShares(features, strengths);
  }

  toState(): ModelState {
    return { ...this.getParams(), ...this.#fitted() };
  }

  static fromState(state: ModelState): LogisticRegression {
    const fields = new StateReader(state, LogisticRegression.name);
    const model = new LogisticRegression({
      C: fields.number("C"),
      maxIter: fields.number("maxIter"),
      tol: fields.number("tol"),
      fitIntercept: fields.boolean("fitIntercept"),
    });
    model.#learnt = {
      features: fields.strings("features"),
      numClasses: fields.number("numClasses"),
      classes: fields.array("classes", Int32Array),
      coefficients: fields.array("coefficients", Float64Array),
      intercepts: fields.array("intercepts", Float64Array),
      strengths: fields.array("strengths", Float64Array),
      numIterations: fields.number("numIterations"),
    };
    return model;
  }

  #fitted(): Learnt {
    if (this.#learnt === null) throw new NotFittedError(LogisticRegression.name);
    return this.#learnt;
  }
}

type Solution = Omit<Learnt, "features" | "numClasses">;

function learn(
  { C, maxIter, tol, fitIntercept }: LogisticRegression,
  columns: readonly Float64Array[],
  target: Float64Array,
  numClasses: number,
  weights: TrainingWeights,
): Solution {
  const n = target.length;
  const weight = new Float64Array(n);
  for (let row = 0; row < n; row++) weight[row] = (weights.weight === null ? 1 : weights.weight[row]) / weights.total;
  const { classes, labels } = classesWithWeight(target, weight, numClasses);
  const numScores = classes.length === 1 ? 0 : classes.length === 2 ? 1 : classes.length;
  const p = columns.length;
  const coefficients = new Float64Array(p * numScores);
  const intercepts = new Float64Array(numScores);
  const strengths = new Float64Array(p);
  if (numScores === 0) return { classes, coefficients, intercepts, strengths, numIterations: 0 };

  const { rows, means, scales } = scaledRows(columns, weight, fitIntercept);
  const penalty = new Float64Array(fitIntercept ? p + 1 : p);
  for (let j = 0; j < p; j++) penalty[j] = scales[j] === 0 ? 0 : 1 / (C * weights.total * scales[j] ** 2);
  const objective = new LogisticObjective({ rows, numRows: n, labels, numClasses: classes.length, weight, penalty });
  const { point, numIterations } = minimiseNewton(objective, { maxIter, tol });

  if (fitIntercept) intercepts.set(point.subarray(p * numScores));
  for (let j = 0; j < p; j++) {
    if (scales[j] === 0) continue;
    for (let c = 0; c < numScores; c++) {
      const scaled = point[j * numScores + c];
      coefficients[j * numScores + c] = scaled / scales[j];
      intercepts[c] -= (scaled / scales[j]) * means[j];
      strengths[j] += Math.abs(scaled) / numScores;
    }
  }
  return { classes, coefficients, intercepts, strengths, numIterations };
}

/** Renumbers the classes that have weight 0.. without gaps; rows without weight keep label 0, which can't matter. */
function classesWithWeight(target: Float64Array, weight: Float64Array, numClasses: number) {
  const present = new Uint8Array(numClasses);
  for (let row = 0; row < target.length; row++) if (weight[row] > 0) present[target[row]] = 1;
  const labelOf = new Int32Array(numClasses);
  const classes: number[] = [];
  for (let c = 0; c < numClasses; c++) {
    if (present[c] === 0) continue;
    labelOf[c] = classes.length;
    classes.push(c);
  }
  const labels = new Int32Array(target.length);
  for (let row = 0; row < labels.length; row++) labels[row] = labelOf[target[row]];
  return { classes: Int32Array.from(classes), labels };
}

/** Row-major columns of mean 0 (with an intercept) and variance 1, then ones; constant columns are 0 and have scale 0. */
function scaledRows(columns: readonly Float64Array[], weight: Float64Array, fitIntercept: boolean) {
  const n = weight.length;
  const p = columns.length;
  const d = fitIntercept ? p + 1 : p;
  const rows = new Float64Array(n * d);
  const means = new Float64Array(p);
  const scales = new Float64Array(p);
  for (let j = 0; j < p; j++) {
    const values = columns[j];
    let mean = 0;
    if (fitIntercept) for (let row = 0; row < n; row++) mean += weight[row] * values[row];
    let variance = 0;
    for (let row = 0; row < n; row++) variance += weight[row] * (values[row] - mean) ** 2;
    const scale = Math.sqrt(variance);
    means[j] = mean;
    if (scale <= 1e-14 * Math.abs(mean)) continue;
    scales[j] = scale;
    for (let row = 0; row < n; row++) rows[row * d + j] = (values[row] - mean) / scale;
  }
  if (fitIntercept) for (let row = 0; row < n; row++) rows[row * d + p] = 1;
  return { rows, means, scales };
}
