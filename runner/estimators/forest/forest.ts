import type { Table } from "../../table/table.ts";
import { type FitOptions, NotFittedError, type Params } from "../estimator.ts";
import { importanceShares } from "../importance.ts";
import { type ModelState, StateReader } from "../state.ts";
import { checkTraining, InvalidInputError, numericColumns } from "../training-input.ts";
import { type Bins, binRows, findBins } from "./binning.ts";
import { growForest } from "./growth.ts";
import { type ForestParams, paramsOf, resolveMaxFeatures } from "./options.ts";
import { predictMean } from "./prediction.ts";
import type { TrainingSet } from "./training-set.ts";
import { treesFromState, treesToState } from "./tree-state.ts";
import { MAX_FEATURES, type Trees } from "./trees.ts";

/** What `fit` learns. */
export interface FittedForest {
  readonly featureNames: readonly string[];
  readonly bins: Bins;
  readonly trees: Trees;
  /** By feature, summing to 1, or all 0. */
  readonly importances: Float64Array;
}

/**
 * Grows a forest. @param numClasses more than two classes, or 0 for numbers and for the two classes 0 and 1.
 * @throws InvalidInputError
 */
export function fitForest(
  params: ForestParams,
  features: Table,
  target: Float64Array,
  numClasses: number,
  options: FitOptions,
  owner: string,
): FittedForest {
  const { weight } = checkTraining(features, target, options.sampleWeight, owner);
  const { names, numColumns, numRows } = features;
  if (numColumns === 0) throw new InvalidInputError(`${owner} can't be fitted without features`);
  if (numColumns > MAX_FEATURES) {
    throw new InvalidInputError(`${owner}: ${numColumns} features are too many; select at most ${MAX_FEATURES}`);
  }
  const columns = numericColumns(features, names, owner);
  const bins = findBins(columns, params.maxBins);
  const set: TrainingSet = {
    rows: binRows(bins, columns, numRows),
    numFeatures: numColumns,
    numBins: Int32Array.from(columns, (_, feature) => bins.offsets[feature + 1] - bins.offsets[feature] + 1),
    target,
    weight,
    numClasses,
  };
  const growth = {
    maxFeatures: resolveMaxFeatures(params.maxFeatures, numColumns),
    maxDepth: Math.min(params.maxDepth ?? MOST, MOST),
    minSamplesLeaf: Math.min(params.minSamplesLeaf, numRows),
    minSamplesSplit: Math.min(params.minSamplesSplit, numRows + 1),
    bootstrap: params.bootstrap,
    randomState: params.randomState,
  };
  const { trees, importances } = growForest(set, growth, params.nEstimators, options.numThreads ?? 1);
  return { featureNames: names, bins, trees, importances };
}

/** No tree is deeper. */
const MOST = 2 ** 31 - 1;

/** The mean over the trees of what their leaves hold: n rows x `leafSize`. Columns are found by name. */
export function predictForest(fitted: FittedForest, features: Table, owner: string): Float64Array {
  const columns = numericColumns(features, fitted.featureNames, owner);
  return predictMean(fitted.trees, binRows(fitted.bins, columns, features.numRows));
}

export function importancesByName({ featureNames, importances }: FittedForest): Readonly<Record<string, number>> {
  return importanceShares(featureNames, importances);
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
