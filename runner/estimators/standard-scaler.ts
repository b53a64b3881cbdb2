import { type Column, numeric } from "../table/column.ts";
import type { Table } from "../table/table.ts";
import { numericNames, requireColumns } from "./column-choice.ts";
import { NotFittedError, type Params, type Transformer } from "./estimator.ts";
import { OptionCheck } from "./option.ts";
import { type ModelState, StateReader } from "./state.ts";

export interface StandardScalerOptions {
  /** Whether to subtract the mean. Default true. */
  readonly withMean?: boolean;
  /** Whether to divide by the standard deviation. Default true. */
  readonly withStd?: boolean;
}

interface Learnt {
  readonly columns: readonly string[];
  readonly means: Float64Array;
  readonly scales: Float64Array;
}

/**
 * Scales every numeric column to mean 0 and standard deviation 1 (divisor n, as scikit-learn's `StandardScaler`).
 * A constant column gets scale 1. Missing and infinite values are ignored in `fit` and stay as they are in `transform`;
 * text passes through.
 */
export class StandardScaler implements Transformer {
  static readonly name = "StandardScaler";
  readonly withMean: boolean;
  readonly withStd: boolean;
  #learnt: Learnt | null = null;

  /** @throws InvalidOptionError */
  constructor(options: StandardScalerOptions = {}) {
    const check = new OptionCheck(StandardScaler.name);
    this.withMean = check.boolean("withMean", options.withMean ?? true);
    this.withStd = check.boolean("withStd", options.withStd ?? true);
  }

  getParams(): Params {
    return { withMean: this.withMean, withStd: this.withStd };
  }

  fit(features: Table): this {
    const columns = numericNames(features);
    const means = new Float64Array(columns.length);
    const scales = new Float64Array(columns.length).fill(1);
    for (let j = 0; j < columns.length; j++) {
      const { mean, scale } = meanAndScale(features.numbers(columns[j]));
      if (this.withMean) means[j] = mean;
      if (this.withStd) scales[j] = scale;
    }
    this.#learnt = { columns, means, scales };
    return this;
  }

  /** @throws InvalidInputError when a column of the training rows is gone. */
  transform(features: Table): Table {
    const { columns, means, scales } = this.#fitted();
    requireColumns(features, columns, StandardScaler.name);
    const scaled: [string, Column][] = columns.map((name, j) => {
      const values = features.numbers(name);
      const result = new Float64Array(values.length);
      for (let row = 0; row < values.length; row++) result[row] = (values[row] - means[j]) / scales[j];
      return [name, numeric(result)];
    });
    return features.with(scaled);
  }

  toState(): ModelState {
    return { ...this.getParams(), ...this.#fitted() };
  }

  static fromState(state: ModelState): StandardScaler {
    const fields = new StateReader(state, StandardScaler.name);
    const scaler = new StandardScaler({ withMean: fields.boolean("withMean"), withStd: fields.boolean("withStd") });
    scaler.#learnt = {
      columns: fields.strings("columns"),
      means: fields.array("means", Float64Array),
      scales: fields.array("scales", Float64Array),
    };
    return scaler;
  }

  #fitted(): Learnt {
    if (this.#learnt === null) throw new NotFittedError(StandardScaler.name);
    return this.#learnt;
  }
}

function meanAndScale(values: Float64Array): { mean: number; scale: number } {
  let count = 0;
  let sum = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    count++;
    sum += value;
  }
  if (count === 0) return { mean: 0, scale: 1 };
  const mean = sum / count;
  let squares = 0;
  for (const value of values) if (Number.isFinite(value)) squares += (value - mean) ** 2;
  const variance = squares / count;
  // Rounding leaves a variance in constant columns; the bound is the one of scikit-learn's _is_constant_feature.
  const noise = count * Number.EPSILON * variance + (count * mean * Number.EPSILON) ** 2;
  return { mean, scale: variance <= noise ? 1 : Math.sqrt(variance) };
}
