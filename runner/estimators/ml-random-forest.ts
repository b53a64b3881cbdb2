import type { Matrix } from "ml-matrix";
import {
  RandomForestClassifier as LibraryClassifier,
  RandomForestRegression as LibraryRegression,
} from "ml-random-forest";
import type { Table } from "../table/table.ts";
import { mostProbableClass } from "./class-choice.ts";
import { type Classifier, type Estimator, type FitOptions, NotFittedError, type Params } from "./estimator.ts";
import { importanceShares } from "./importance.ts";
import { OptionCheck } from "./option.ts";
import { type ModelState, StateReader } from "./state.ts";
import { checkClasses, checkTraining, finiteColumns, InvalidInputError } from "./training-input.ts";

/** Options of npm `ml-random-forest`, by its names. */
export interface MlRandomForestOptions {
  /** Number of trees. Default 50. */
  readonly nEstimators?: number;
  /** Features that each tree sees: a count, or a share in (0, 1]. Default 1, all. */
  readonly maxFeatures?: number;
  /** Whether a tree's features are drawn with replacement. Default false (for both; the library: true for classes). */
  readonly replacement?: boolean;
  /** Whether each tree sees its own sample of the rows. Default true. */
  readonly useSampleBagging?: boolean;
  /** 32-bit integer. Default 42. */
  readonly seed?: number;
  /** A node of so few rows is a leaf. Default 3. */
  readonly minNumSamples?: number;
  /** Most splits above a leaf. Default unlimited. */
  readonly maxDepth?: number;
}

type Options = Required<MlRandomForestOptions>;

interface Learnt<Forest> {
  readonly features: readonly string[];
  readonly importances: Float64Array;
  readonly forest: Forest;
  /** What it was restored from; the library drops parts that it doesn't predict with. */
  readonly saved: ModelState | null;
}

/** What both forests share; `fit`, `predict` and the stored form are theirs. */
abstract class MlRandomForest<Fitted extends Learnt<LibraryRegression | LibraryClassifier>> {
  readonly options: Readonly<Options>;
  protected learnt: Fitted | null = null;
  readonly #owner: string;

  constructor(options: MlRandomForestOptions, owner: string) {
    this.options = checkOptions(options, owner);
    this.#owner = owner;
  }

  getParams(): Params {
    return { ...this.options };
  }

  get featureImportances(): Readonly<Record<string, number>> {
    const { features, importances } = this.fitted();
    return importanceShares(features, importances);
  }

  protected fitted(): Fitted {
    if (this.learnt === null) throw new NotFittedError(this.#owner);
    return this.learnt;
  }
}

/**
 * The regression forest of npm `ml-random-forest` behind our interface, for those who know it and as an oracle. It draws
 * features once a tree instead of once a split and is about a hundred times as slow as `RandomForestRegressor`. Features
 * must be finite; sample weights are not supported.
 */
export class MlRandomForestRegressor extends MlRandomForest<Learnt<LibraryRegression>> implements Estimator {
  static override readonly name = "MlRandomForestRegressor";

  /** @throws InvalidOptionError */
  constructor(options: MlRandomForestOptions = {}) {
    super(options, MlRandomForestRegressor.name);
  }

  fit(features: Table, target: Float64Array, options: FitOptions = {}): this {
    const rows = trainingRows(features, target, options, MlRandomForestRegressor.name);
    const forest = new LibraryRegression(libraryOptions(this.options, features, MlRandomForestRegressor.name));
    forest.train(rows, [...target]);
    this.learnt = {
      features: features.names,
      importances: Float64Array.from(importanceOf(forest)),
      forest,
      saved: null,
    };
    return this;
  }

  predict(features: Table): Float64Array {
    const { features: names, forest } = this.fitted();
    const rows = rowsOf(features, names, MlRandomForestRegressor.name);
    return Float64Array.from(rows.length === 0 ? [] : forest.predict(rows));
  }

  toState(): ModelState {
    const { features, importances, forest, saved } = this.fitted();
    return { options: { ...this.options }, features, importances, forest: saved ?? plain(forest.toJSON()) };
  }

  static fromState(state: ModelState): MlRandomForestRegressor {
    const fields = new StateReader(state, MlRandomForestRegressor.name);
    const model = new MlRandomForestRegressor(storedOptions(fields, MlRandomForestRegressor.name));
    model.learnt = {
      features: fields.strings("features"),
      importances: fields.array("importances", Float64Array),
      // The library checks the name in it, and nothing else can.
      forest: LibraryRegression.load(mutable(fields.any("forest")) as Parameters<typeof LibraryRegression.load>[0]),
      saved: fields.any("forest"),
    };
    return model;
  }
}

type FittedClassifier = Learnt<LibraryClassifier> & { readonly numClasses: number };

/** The classification forest of npm `ml-random-forest`; probabilities are shares of the trees' votes. */
export class MlRandomForestClassifier extends MlRandomForest<FittedClassifier> implements Classifier {
  static override readonly name = "MlRandomForestClassifier";

  /** @throws InvalidOptionError */
  constructor(options: MlRandomForestOptions = {}) {
    super(options, MlRandomForestClassifier.name);
  }

  fit(features: Table, target: Float64Array, options: FitOptions = {}): this {
    const rows = trainingRows(features, target, options, MlRandomForestClassifier.name);
    const numClasses = checkClasses(target, MlRandomForestClassifier.name);
    const forest = new LibraryClassifier(libraryOptions(this.options, features, MlRandomForestClassifier.name));
    forest.train(rows, [...target]);
    const importances = Float64Array.from(importanceOf(forest));
    this.learnt = { features: features.names, importances, forest, numClasses, saved: null };
    return this;
  }

  predict(features: Table): Float64Array {
    return mostProbableClass(this.predictProba(features), this.numClasses);
  }

  predictProba(features: Table): Float64Array {
    const { features: names, forest, numClasses } = this.fitted();
    const rows = rowsOf(features, names, MlRandomForestClassifier.name);
    const proba = new Float64Array(rows.length * numClasses);
    if (rows.length === 0) return proba;
    const votes: Matrix = forest.predictionValues(rows);
    for (let row = 0; row < rows.length; row++) {
      for (let tree = 0; tree < votes.columns; tree++) proba[row * numClasses + votes.get(row, tree)] += 1;
    }
    for (let i = 0; i < proba.length; i++) proba[i] /= votes.columns;
    return proba;
  }

  get numClasses(): number {
    return this.fitted().numClasses;
  }

  toState(): ModelState {
    const { features, importances, forest, numClasses, saved } = this.fitted();
    return { options: { ...this.options }, features, importances, numClasses, forest: saved ?? plain(forest.toJSON()) };
  }

  static fromState(state: ModelState): MlRandomForestClassifier {
    const fields = new StateReader(state, MlRandomForestClassifier.name);
    const model = new MlRandomForestClassifier(storedOptions(fields, MlRandomForestClassifier.name));
    model.learnt = {
      features: fields.strings("features"),
      importances: fields.array("importances", Float64Array),
      numClasses: fields.number("numClasses"),
      // The library checks the name in it, and nothing else can.
      forest: LibraryClassifier.load(mutable(fields.any("forest")) as Parameters<typeof LibraryClassifier.load>[0]),
      saved: fields.any("forest"),
    };
    return model;
  }
}

function checkOptions(options: MlRandomForestOptions, owner: string): Options {
  const check = new OptionCheck(owner);
  const maxFeatures = options.maxFeatures ?? 1;
  const share = maxFeatures > 0 && (maxFeatures <= 1 || Number.isSafeInteger(maxFeatures));
  const seed = options.seed ?? 42;
  return {
    nEstimators: check.count("nEstimators", options.nEstimators ?? 50),
    maxFeatures: check.that("maxFeatures", maxFeatures, share, "a whole number or a share in (0, 1]"),
    replacement: check.boolean("replacement", options.replacement ?? false),
    useSampleBagging: check.boolean("useSampleBagging", options.useSampleBagging ?? true),
    seed: check.that("seed", seed, (seed | 0) === seed, "a 32-bit integer"),
    minNumSamples: check.count("minNumSamples", options.minNumSamples ?? 3),
    maxDepth: check.positive("maxDepth", options.maxDepth ?? Number.POSITIVE_INFINITY),
  };
}

function storedOptions(fields: StateReader, owner: string): Options {
  const stored = new StateReader(fields.any("options"), owner);
  return {
    nEstimators: stored.number("nEstimators"),
    maxFeatures: stored.number("maxFeatures"),
    replacement: stored.boolean("replacement"),
    useSampleBagging: stored.boolean("useSampleBagging"),
    seed: stored.number("seed"),
    minNumSamples: stored.number("minNumSamples"),
    maxDepth: stored.number("maxDepth"),
  };
}

/** A share that would leave no feature takes one; out-of-bag predictions, which fail for few trees, are never made. */
function libraryOptions(options: Options, features: Table, owner: string) {
  const { maxFeatures, minNumSamples, maxDepth, ...others } = options;
  if (features.numColumns === 0) throw new InvalidInputError(`${owner} can't be fitted without features`);
  const count =
    maxFeatures <= 1
      ? Math.max(1, Math.floor(maxFeatures * features.numColumns))
      : Math.min(maxFeatures, features.numColumns);
  // 1 means "all" there, 1 / columns is rounded down to nothing: a share in the middle of the step is safe.
  const share = count === features.numColumns ? 1 : (count + 0.5) / features.numColumns;
  return { ...others, maxFeatures: share, noOOB: true, treeOptions: { minNumSamples, maxDepth } };
}

function trainingRows(features: Table, target: Float64Array, options: FitOptions, owner: string): number[][] {
  checkTraining(features, target, options.sampleWeight, owner);
  if (options.sampleWeight !== undefined) {
    throw new InvalidInputError(`${owner} has no sample weights; repeat rows, or use RandomForestRegressor`);
  }
  return rowsOf(features, features.names, owner);
}

function rowsOf(features: Table, names: readonly string[], owner: string): number[][] {
  const columns = finiteColumns(features, names, owner);
  return Array.from({ length: features.numRows }, (_, row) => columns.map((values) => values[row]));
}

/** Its types don't name this method, so what it gives is checked. NaN, where no tree has a split, is 0. */
function importanceOf(forest: LibraryRegression | LibraryClassifier): number[] {
  const method: unknown = Reflect.get(forest, "featureImportance");
  const shares: unknown = typeof method === "function" ? method.call(forest) : undefined;
  if (!Array.isArray(shares) || !shares.every((share) => typeof share === "number")) {
    throw new TypeError(
      "this version of ml-random-forest has no `featureImportance()`; install the one in package.json",
    );
  }
  return shares.map((share) => (Number.isNaN(share) ? 0 : share));
}

/** The library's objects as plain JSON. */
function plain(model: object): ModelState {
  return JSON.parse(JSON.stringify(model)) as ModelState;
}

/** The library keeps and changes what it loads, so it gets a copy. */
function mutable(state: ModelState): unknown {
  return structuredClone(state);
}
