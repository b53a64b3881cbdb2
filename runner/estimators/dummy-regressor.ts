import type { Table } from "../table/table.ts";
import { type Estimator, type FitOptions, NotFittedError, type Params } from "./estimator.ts";
import { OptionCheck } from "./option.ts";
import { type ModelState, StateReader } from "./state.ts";
import { checkTraining } from "./training-input.ts";
import { weightedMean, weightedMedian } from "./weighted-statistics.ts";

const strategies = ["mean", "median"] as const;

export interface DummyRegressorOptions {
  /** Which statistic of the training target to predict. Default "mean". */
  readonly strategy?: (typeof strategies)[number];
}

/** Predicts the same number for every row: the baseline that features must beat. scikit-learn's `DummyRegressor`. */
export class DummyRegressor implements Estimator {
  static readonly name = "DummyRegressor";
  readonly strategy: (typeof strategies)[number];
  #constant: number | null = null;

  /** @throws InvalidOptionError */
  constructor(options: DummyRegressorOptions = {}) {
    this.strategy = new OptionCheck(DummyRegressor.name).oneOf("strategy", options.strategy ?? "mean", strategies);
  }

  getParams(): Params {
    return { strategy: this.strategy };
  }

  /** @param features only their number of rows matters. @throws InvalidInputError */
  fit(features: Table, target: Float64Array, options: FitOptions = {}): this {
    const { weight } = checkTraining(features, target, options.sampleWeight, DummyRegressor.name);
    this.#constant = this.strategy === "mean" ? weightedMean(target, weight) : weightedMedian(target, weight);
    return this;
  }

  predict(features: Table): Float64Array {
    return new Float64Array(features.numRows).fill(this.#fitted());
  }

  toState(): ModelState {
    return { strategy: this.strategy, constant: this.#fitted() };
  }

  static fromState(state: ModelState): DummyRegressor {
    const fields = new StateReader(state, DummyRegressor.name);
    const check = new OptionCheck(DummyRegressor.name);
    const model = new DummyRegressor({ strategy: check.oneOf("strategy", fields.string("strategy"), strategies) });
    model.#constant = fields.number("constant");
    return model;
  }

  #fitted(): number {
    if (this.#constant === null) throw new NotFittedError(DummyRegressor.name);
    return this.#constant;
  }
}
