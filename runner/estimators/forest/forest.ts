import type { Table } from "../../table/table.ts";
import { type FitOptions, NotFittedError, type Params } from "../estimator.ts";
import { type ModelState, StateReader } from "../state.ts";
import { type Bins, binRows, findBins } from "./binning.ts";
import { growForest } from "./growth.ts";
import { type ForestParams, paramsOf, resolveMaxFeatures } from "./options.ts";
import { predictMean } from "./prediction.ts";
import type { TrainingSet } from "./training-set.ts";
import { MAX_FEATURES, type Trees, treesFromState, treesToState } from "./trees.ts";

/** Thrown by `fit` for rows that no forest can be grown from; the message says what to change. */
export class ForestDataError extends RangeError {
  override readonly name = "ForestDataError";
  readonly code = "forest-data";
}

/** What `fit` learns. */
export interface FittedForest {
  readonly featureNames: readonly string[];
  readonly bins: Bins;
  readonly trees: Trees;
  /** By feature, summing to 1, or all 0. */
  readonly importances: Float64Array;
}

/** Grows a forest. @param numClasses more than two classes, or 0 for numbers and for two classes 0 and 1. */
export function fitForest(
  params: ForestParams,
  features: Table,
  target: Float64Array,
  numClasses: number,
  options: FitOptions = {},
): FittedForest {
  const columns = features.numericColumns();
  checkRows(features, target, options.sampleWeight);
  const values = columns.map(([, column]) => column.values);
  const bins = findBins(values, params.maxBins);
  const set: TrainingSet = {
    rows: binRows(bins, values, features.numRows),
    numFeatures: columns.length,
    numBins: Int32Array.from(columns, (_, feature) => bins.offsets[feature + 1] - bins.offsets[feature] + 1),
    target,
    weight: options.sampleWeight ?? null,
    numClasses,
  };
  const growth = {
    maxFeatures: resolveMaxFeatures(params.maxFeatures, columns.length),
    maxDepth: params.maxDepth ?? 2 ** 31 - 1,
    minSamplesLeaf: params.minSamplesLeaf,
    minSamplesSplit: params.minSamplesSplit,
    bootstrap: params.bootstrap,
    randomState: params.randomState,
  };
  const { trees, importances } = growForest(set, growth, params.nEstimators, options.numThreads ?? 1);
  return { featureNames: features.names, bins, trees, importances };
}

/** The mean over the trees of what their leaves hold: n rows x `leafSize`. Columns are found by name. */
export function predictForest(fitted: FittedForest, features: Table): Float64Array {
  const values = fitted.featureNames.map((name) => features.numbers(name));
  return predictMean(fitted.trees, binRows(fitted.bins, values, features.numRows));
}

export function importancesByName(fitted: FittedForest): Readonly<Record<string, number>> {
  return Object.fromEntries(fitted.featureNames.map((name, feature) => [name, fitted.importances[feature]]));
}

export function forestToState(params: ForestParams, fitted: FittedForest): Readonly<Record<string, ModelState>> {
  return {
    params: paramsOf(params),
    featureNames: fitted.featureNames,
    cuts: fitted.bins.cuts,
    cutOffsets: fitted.bins.offsets,
    importances: fitted.importances,
    trees: treesToState(fitted.trees),
  };
}

/** @throws TypeError when the state is not one that `forestToState` made. */
export function forestFromState(state: StateReader, owner: string): FittedForest {
  const featureNames = state.strings("featureNames");
  const bins: Bins = { cuts: state.array("cuts", Float64Array), offsets: state.array("cutOffsets", Int32Array) };
  const importances = state.array("importances", Float64Array);
  if (bins.offsets.length !== featureNames.length + 1 || importances.length !== featureNames.length) {
    throw new TypeError(
      `the stored state of ${owner} is damaged: its arrays do not fit its ${featureNames.length} features`,
    );
  }
  for (let feature = 0; feature < featureNames.length; feature++) {
    const numCuts = bins.offsets[feature + 1] - bins.offsets[feature];
    if (!(numCuts >= 0 && numCuts < 255)) throw new TypeError(`the stored state of ${owner} is damaged: its bins`);
  }
  if (bins.offsets[0] !== 0 || bins.offsets[featureNames.length] !== bins.cuts.length) {
    throw new TypeError(`the stored state of ${owner} is damaged: its bins`);
  }
  const trees = treesFromState(new StateReader(state.any("trees"), owner), featureNames.length);
  return { featureNames, bins, trees, importances };
}

/** The parameters in a state, checked again by the constructor that takes them. */
export function storedParams(state: StateReader, owner: string): Params {
  const params = state.any("params");
  new StateReader(params, owner);
  return params as Params;
}

export function fittedOrThrow(fitted: FittedForest | null, owner: string): FittedForest {
  if (fitted === null) throw new NotFittedError(owner);
  return fitted;
}

function checkRows(features: Table, target: Float64Array, weight: Float64Array | undefined): void {
  const numRows = features.numRows;
  if (numRows === 0) throw new ForestDataError("there are no rows to fit on; give at least one");
  if (features.numColumns === 0) throw new ForestDataError("there are no features to fit on; give at least one column");
  if (features.numColumns > MAX_FEATURES) {
    throw new ForestDataError(`${features.numColumns} features are too many; select at most ${MAX_FEATURES}`);
  }
  if (target.length !== numRows) {
    throw new ForestDataError(`the target has ${target.length} values for ${numRows} rows; give one a row`);
  }
  for (let row = 0; row < numRows; row++) {
    if (!Number.isFinite(target[row])) {
      throw new ForestDataError(`the target of row ${row} is ${target[row]}; leave out rows without a finite target`);
    }
  }
  if (weight !== undefined) checkWeight(weight, numRows);
}

function checkWeight(weight: Float64Array, numRows: number): void {
  if (weight.length !== numRows) {
    throw new ForestDataError(`sampleWeight has ${weight.length} values for ${numRows} rows; give one a row`);
  }
  let hasPositive = false;
  for (let row = 0; row < numRows; row++) {
    if (!(weight[row] >= 0 && weight[row] < Number.POSITIVE_INFINITY)) {
      throw new ForestDataError(`sampleWeight of row ${row} is ${weight[row]}; give finite weights of 0 or more`);
    }
    if (weight[row] > 0) hasPositive = true;
  }
  if (!hasPositive) throw new ForestDataError("all sample weights are 0; give at least one row a positive weight");
}
