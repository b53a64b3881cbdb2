import { Matrix } from "ml-matrix";
import { PCA as MlPca } from "ml-pca";
import { type Column, numeric } from "../table/column.ts";
import type { Table } from "../table/table.ts";
import { numericNames, uniqueName } from "./column-choice.ts";
import { NotFittedError, type Params, type Transformer } from "./estimator.ts";
import { OptionCheck } from "./option.ts";
import { type ModelState, StateReader } from "./state.ts";
import { finiteColumns, InvalidInputError } from "./training-input.ts";

export interface PcaOptions {
  /**
   * Number of components; or, below 1, the share of variance that they must explain. Default: all, that is the smaller
   * of rows and columns, which is also the most there can be.
   */
  readonly nComponents?: number;
  /** Whether to scale the components to variance 1. Default false. */
  readonly whiten?: boolean;
}

interface Learnt {
  readonly columns: readonly string[];
  readonly outputs: readonly string[];
  readonly means: Float64Array;
  /** components x columns, row-major, each of length 1. */
  readonly components: Float64Array;
  /** Variance (divisor n - 1) of each component, and its share of all variance. */
  readonly explainedVariance: Float64Array;
  readonly explainedVarianceRatio: Float64Array;
}

/**
 * Principal components of the numeric columns, which they replace as `pca1`, `pca2`...; text passes through. Columns are
 * centred and not scaled (StandardScaler does that), so constant ones do no harm. The sign of a component is such that
 * its largest loading is positive, as scikit-learn's `PCA` has it since 1.5. Computed by `ml-pca`.
 */
export class PCA implements Transformer {
  static readonly name = "PCA";
  readonly nComponents: number | null;
  readonly whiten: boolean;
  #learnt: Learnt | null = null;

  /** @throws InvalidOptionError */
  constructor(options: PcaOptions = {}) {
    const check = new OptionCheck(PCA.name);
    const wanted = options.nComponents ?? null;
    const usable = wanted === null || (wanted > 0 && (wanted < 1 || Number.isSafeInteger(wanted)));
    this.nComponents = check.that("nComponents", wanted, usable, "a whole number of at least 1 or a share below 1");
    this.whiten = check.boolean("whiten", options.whiten ?? false);
  }

  getParams(): Params {
    return { nComponents: this.nComponents, whiten: this.whiten };
  }

  /** @param features numeric columns must be finite. @throws InvalidInputError */
  fit(features: Table): this {
    const columns = numericNames(features);
    const values = finiteColumns(features, columns, PCA.name);
    const n = features.numRows;
    if (n === 0) throw new InvalidInputError("PCA can't be fitted on 0 rows");
    const means = Float64Array.from(values, (column) => column.reduce((sum, value) => sum + value, 0) / n);
    const { components, variances } = principalAxes(values, means, n);
    let total = 0;
    for (const variance of variances) total += variance;
    const ratios = variances.map((variance) => (total > 0 ? variance / total : 0));
    const count = numberOfComponents(this.nComponents, ratios);
    const taken = new Set(features.names.filter((name) => !columns.includes(name)));
    this.#learnt = {
      columns,
      outputs: Array.from({ length: count }, (_, k) => uniqueName(`pca${k + 1}`, taken)),
      means,
      components: components.slice(0, count * columns.length),
      explainedVariance: variances.slice(0, count),
      explainedVarianceRatio: ratios.slice(0, count),
    };
    return this;
  }

  transform(features: Table): Table {
    const { columns, outputs, means, components, explainedVariance } = this.#fitted();
    const values = finiteColumns(features, columns, PCA.name);
    const p = columns.length;
    const projected: [string, Column][] = outputs.map((name, k) => {
      const scores = new Float64Array(features.numRows);
      for (let j = 0; j < p; j++) {
        const loading = components[k * p + j];
        for (let row = 0; row < scores.length; row++) scores[row] += loading * (values[j][row] - means[j]);
      }
      // Rounding alone gives a component without variance its scores; scaling would blow them up.
      const deviation = Math.max(Math.sqrt(explainedVariance[k]), Number.EPSILON);
      if (this.whiten) for (let row = 0; row < scores.length; row++) scores[row] /= deviation;
      return [name, numeric(scores)];
    });
    return features.drop(columns).with(projected);
  }

  /** Share of the training rows' variance that each component has. */
  get explainedVarianceRatio(): Float64Array {
    return this.#fitted().explainedVarianceRatio;
  }

  toState(): ModelState {
    return { ...this.getParams(), ...this.#fitted() };
  }

  static fromState(state: ModelState): PCA {
    const fields = new StateReader(state, PCA.name);
    const pca = new PCA({
      ...(fields.any("nComponents") === null ? {} : { nComponents: fields.number("nComponents") }),
      whiten: fields.boolean("whiten"),
    });
    pca.#learnt = {
      columns: fields.strings("columns"),
      outputs: fields.strings("outputs"),
      means: fields.array("means", Float64Array),
      components: fields.array("components", Float64Array),
      explainedVariance: fields.array("explainedVariance", Float64Array),
      explainedVarianceRatio: fields.array("explainedVarianceRatio", Float64Array),
    };
    return pca;
  }

  #fitted(): Learnt {
    if (this.#learnt === null) throw new NotFittedError(PCA.name);
    return this.#learnt;
  }
}

/** All min(n, p) components by falling variance. */
function principalAxes(values: readonly Float64Array[], means: Float64Array, n: number) {
  const p = values.length;
  const count = Math.min(n, p);
  const components = new Float64Array(count * p);
  const variances = new Float64Array(count);
  if (count === 0) return { components, variances };
  const centred = values.map((column, j) => column.map((value) => value - means[j]));
  // The rule of scikit-learn's svd_solver="auto": many rows and few columns by the covariance, else by the SVD.
  const tall = p <= 1000 && n >= 10 * p;
  const pca = tall
    ? new MlPca(covariance(centred, n), { isCovarianceMatrix: true })
    : new MlPca(rowsOf(centred, n), { center: false });
  const axes = pca.getEigenvectors();
  // One row has no variance; ml-pca divides it by n - 1 = 0.
  const eigenvalues = n === 1 ? [0] : pca.getEigenvalues();
  for (let k = 0; k < count; k++) {
    variances[k] = Math.max(eigenvalues[k], 0);
    let largest = 0;
    for (let j = 0; j < p; j++) {
      components[k * p + j] = axes.get(j, k);
      if (Math.abs(axes.get(j, k)) > Math.abs(largest)) largest = axes.get(j, k);
    }
    if (largest < 0) for (let j = 0; j < p; j++) components[k * p + j] *= -1;
  }
  return { components, variances };
}

function covariance(centred: readonly Float64Array[], n: number): Matrix {
  const p = centred.length;
  const matrix = new Matrix(p, p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let row = 0; row < n; row++) sum += centred[i][row] * centred[j][row];
      matrix.set(i, j, sum / (n - 1));
      matrix.set(j, i, sum / (n - 1));
    }
  }
  return matrix;
}

function rowsOf(columns: readonly Float64Array[], n: number): Matrix {
  const matrix = new Matrix(n, columns.length);
  for (let j = 0; j < columns.length; j++) {
    for (let row = 0; row < n; row++) matrix.set(row, j, columns[j][row]);
  }
  return matrix;
}

function numberOfComponents(wanted: number | null, ratios: Float64Array): number {
  if (wanted === null) return ratios.length;
  if (wanted >= 1) return Math.min(wanted, ratios.length);
  let sum = 0;
  for (let k = 0; k < ratios.length; k++) {
    sum += ratios[k];
    if (sum > wanted) return k + 1;
  }
  return ratios.length;
}
