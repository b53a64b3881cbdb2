import type { ConvexObjective } from "./newton-cg.ts";

interface LogisticProblem {
  /** n x d, row-major; a column of ones where there is an intercept. */
  readonly rows: Float64Array;
  readonly numRows: number;
  /** Class 0..K-1 of each row. */
  readonly labels: Int32Array;
  readonly numClasses: number;
  /** Weight of each row; they sum to 1. */
  readonly weight: Float64Array;
  /** Penalty on half the square of each of the d variables (of every class); 0 for the intercept. */
  readonly penalty: Float64Array;
}

/**
 * Weighted mean log loss plus penalty. Two classes have one score (of class 1), more have one each (softmax), as in
 * scikit-learn's `LogisticRegression`. The variables are d x (number of scores), row-major.
 */
export class LogisticObjective implements ConvexObjective {
  readonly size: number;
  readonly #problem: LogisticProblem;
  readonly #numScores: number;
  readonly #point: Float64Array;
  /** n x scores: probability of class 1, or of each class. */
  readonly #probability: Float64Array;
  readonly #change: Float64Array;

  constructor(problem: LogisticProblem) {
    this.#problem = problem;
    this.#numScores = problem.numClasses === 2 ? 1 : problem.numClasses;
    this.size = problem.penalty.length * this.#numScores;
    this.#point = new Float64Array(this.size);
    this.#probability = new Float64Array(problem.numRows * this.#numScores);
    this.#change = new Float64Array(problem.numRows * this.#numScores);
  }

  moveTo(point: Float64Array): number {
    this.#point.set(point);
    const { penalty, weight, labels, numRows } = this.#problem;
    const k = this.#numScores;
    this.#scores(point, this.#probability);
    let value = 0;
    for (let row = 0; row < numRows; row++) {
      value += weight[row] * toProbabilities(this.#probability, row * k, k, labels[row]);
    }
    for (let j = 0; j < penalty.length; j++) {
      for (let c = 0; c < k; c++) value += 0.5 * penalty[j] * point[j * k + c] ** 2;
    }
    return value;
  }

  gradient(into: Float64Array): void {
    const { weight, labels, numRows } = this.#problem;
    const k = this.#numScores;
    for (let row = 0; row < numRows; row++) {
      for (let c = 0; c < k; c++) {
        const isClass = k === 1 ? labels[row] : labels[row] === c ? 1 : 0;
        this.#change[row * k + c] = weight[row] * (this.#probability[row * k + c] - isClass);
      }
    }
    this.#backToVariables(this.#point, into);
  }

  hessianDiagonal(into: Float64Array): void {
    const { rows, weight, penalty, numRows } = this.#problem;
    const d = penalty.length;
    const k = this.#numScores;
    for (let j = 0; j < d; j++) into.fill(penalty[j], j * k, j * k + k);
    for (let row = 0; row < numRows; row++) {
      for (let j = 0; j < d; j++) {
        const square = weight[row] * rows[row * d + j] ** 2;
        for (let c = 0; c < k; c++) {
          const probability = this.#probability[row * k + c];
          into[j * k + c] += square * probability * (1 - probability);
        }
      }
    }
  }

  hessianTimes(direction: Float64Array, into: Float64Array): void {
    const { weight, numRows } = this.#problem;
    const k = this.#numScores;
    const change = this.#change;
    this.#scores(direction, change);
    for (let row = 0; row < numRows; row++) {
      const start = row * k;
      if (k === 1) {
        const probability = this.#probability[start];
        change[start] *= weight[row] * probability * (1 - probability);
        continue;
      }
      let expected = 0;
      for (let c = start; c < start + k; c++) expected += this.#probability[c] * change[c];
      for (let c = start; c < start + k; c++) change[c] = weight[row] * this.#probability[c] * (change[c] - expected);
    }
    this.#backToVariables(direction, into);
  }

  /** rows x variables. */
  #scores(variables: Float64Array, into: Float64Array): void {
    const { rows, penalty, numRows } = this.#problem;
    const d = penalty.length;
    const k = this.#numScores;
    into.fill(0);
    for (let row = 0; row < numRows; row++) {
      for (let j = 0; j < d; j++) {
        const value = rows[row * d + j];
        for (let c = 0; c < k; c++) into[row * k + c] += value * variables[j * k + c];
      }
    }
  }

  /** rows' x change + penalty x variables. */
  #backToVariables(variables: Float64Array, into: Float64Array): void {
    const { rows, penalty, numRows } = this.#problem;
    const d = penalty.length;
    const k = this.#numScores;
    for (let j = 0; j < d; j++) {
      for (let c = 0; c < k; c++) into[j * k + c] = penalty[j] * variables[j * k + c];
    }
    for (let row = 0; row < numRows; row++) {
      for (let j = 0; j < d; j++) {
        const value = rows[row * d + j];
        for (let c = 0; c < k; c++) into[j * k + c] += value * this.#change[row * k + c];
      }
    }
  }
}

/**
 * Turns `k` scores at `start` into probabilities in place (one score: of class 1 against class 0).
 * @returns the log loss of `label`; 0 when `label` is not asked for (-1).
 */
export function toProbabilities(scores: Float64Array, start: number, k: number, label = -1): number {
  if (k === 1) {
    const score = scores[start];
    const small = Math.exp(-Math.abs(score));
    scores[start] = score >= 0 ? 1 / (1 + small) : small / (1 + small);
    if (label < 0) return 0;
    return Math.max(label === 1 ? -score : score, 0) + Math.log1p(small);
  }
  let highest = Number.NEGATIVE_INFINITY;
  for (let c = start; c < start + k; c++) highest = Math.max(highest, scores[c]);
  const labelScore = label < 0 ? 0 : scores[start + label];
  let sum = 0;
  for (let c = start; c < start + k; c++) {
    scores[c] = Math.exp(scores[c] - highest);
    sum += scores[c];
  }
  for (let c = start; c < start + k; c++) scores[c] /= sum;
  return label < 0 ? 0 : highest + Math.log(sum) - labelScore;
}
