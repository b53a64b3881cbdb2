import type { Table } from "../../table/table.ts";
import type { Estimator, FitOptions, Params } from "../estimator.ts";
import { type ModelState, StateReader } from "../state.ts";
import {
  type FittedForest,
  fitForest,
  fittedOrThrow,
  forestFromState,
  forestToState,
  importancesByName,
  predictForest,
  storedParams,
} from "./forest.ts";
import { type ForestOptions, type ForestParams, paramsOf, resolveOptions } from "./options.ts";

/**
 * A random forest for a numeric target (Breiman, Random Forests, 2001; scikit-learn's `RandomForestRegressor` with its
 * names): trees grown on bootstrap samples by variance reduction, predictions averaged. Features are binned once a fit,
 * to at most 255 bins and one for missing values, which each split sends to the better side.
 *
 * @example
 * const forest = new RandomForestRegressor({ nEstimators: 200, minSamplesLeaf: 2 }).fit(features, target);
 * const predicted = forest.predict(laterFeatures); // one number a row
 */
export class RandomForestRegressor implements Estimator {
  static readonly name = "RandomForestRegressor";
  readonly #params: ForestParams;
  #fitted: FittedForest | null = null;

  /** @throws InvalidOptionError */
  constructor(options: ForestOptions = {}) {
    this.#params = resolveOptions(options, "third", RandomForestRegressor.name);
  }

  getParams(): Params {
    return paramsOf(this.#params);
  }

  /**
   * @param features n rows of numeric columns; NaN is missing, infinities are extreme values.
   * @param target n finite numbers.
   * @param options weights, and threads: from 20,000 rows on they are used, with the same result as one.
   * @throws InvalidInputError for no rows or columns, text, or a target or weight that can't be used.
   */
  fit(features: Table, target: Float64Array, options: FitOptions = {}): this {
    this.#fitted = fitForest(this.#params, features, target, 0, options, RandomForestRegressor.name);
    return this;
  }

  /** One number a row; columns are found by name. @throws NotFittedError, InvalidInputError */
  predict(features: Table): Float64Array {
    return predictForest(this.#read(), features, RandomForestRegressor.name);
  }

  /** Mean decrease of variance by feature, summing to 1. @throws NotFittedError before `fit`. */
  get featureImportances(): Readonly<Record<string, number>> {
    return importancesByName(this.#read());
  }

  toState(): ModelState {
    return forestToState(this.#params, this.#read());
  }

  /** @throws TypeError when the state is damaged or another class's. */
  static fromState(state: ModelState): RandomForestRegressor {
    const reader = new StateReader(state, RandomForestRegressor.name);
    const forest = new RandomForestRegressor(storedParams(reader, RandomForestRegressor.name));
    forest.#fitted = forestFromState(reader, RandomForestRegressor.name);
    return forest;
  }

  #read(): FittedForest {
    return fittedOrThrow(this.#fitted, RandomForestRegressor.name);
  }
}
