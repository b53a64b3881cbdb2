import type { Table } from "../../table/table.ts";
import type { Classifier, FitOptions, Params } from "../estimator.ts";
import { type ModelState, StateReader } from "../state.ts";
import {
  type FittedForest,
  ForestDataError,
  fitForest,
  fittedOrThrow,
  forestFromState,
  forestToState,
  importancesByName,
  predictForest,
  storedParams,
} from "./forest.ts";
import { type ForestOptions, type ForestParams, paramsOf, resolveOptions } from "./options.ts";

/** Most classes a forest can tell apart. */
const MAX_CLASSES = 65_536;

/**
 * A random forest for classes 0..K-1 (Breiman, Random Forests, 2001; scikit-learn's `RandomForestClassifier` with its
 * names): trees grown on bootstrap samples by Gini impurity; probabilities are the mean of the classes' shares in the
 * leaves.
 *
 * @example
 * const forest = new RandomForestClassifier({ minSamplesLeaf: 5 }).fit(features, classes);
 * const probabilities = forest.predictProba(laterFeatures); // n rows x forest.numClasses, row-major
 */
export class RandomForestClassifier implements Classifier {
  readonly #params: ForestParams;
  #fitted: FittedForest | null = null;
  #numClasses = 0;

  /** @throws InvalidForestOptionError for an option that makes no sense. */
  constructor(options: ForestOptions = {}) {
    this.#params = resolveOptions(options, "sqrt");
  }

  getParams(): Params {
    return paramsOf(this.#params);
  }

  /** Highest class of the training rows plus 1. @throws NotFittedError before `fit`. */
  get numClasses(): number {
    this.#read();
    return this.#numClasses;
  }

  /**
   * @param features n rows of numeric columns; NaN is missing, infinities are extreme values.
   * @param target n class numbers, 0 to K-1.
   * @throws ForestDataError when there are no rows or columns, or a target or weight that cannot be used.
   * @throws RangeError naming a column that holds text.
   */
  fit(features: Table, target: Float64Array, options?: FitOptions): this {
    const numClasses = countClasses(target);
    // Two classes are the numbers 0 and 1: their variance is half their Gini impurity, so the splits are the same.
    this.#fitted = fitForest(this.#params, features, target, numClasses > 2 ? numClasses : 0, options);
    this.#numClasses = numClasses;
    return this;
  }

  /** The most probable class of each row, the lowest where several are. @throws NotFittedError before `fit`. */
  predict(features: Table): Float64Array {
    const probabilities = this.predictProba(features);
    const numClasses = this.#numClasses;
    const classes = new Float64Array(features.numRows);
    for (let row = 0, at = 0; row < classes.length; row++, at += numClasses) {
      let best = 0;
      for (let k = 1; k < numClasses; k++) if (probabilities[at + k] > probabilities[at + best]) best = k;
      classes[row] = best;
    }
    return classes;
  }

  /** n rows x `numClasses`, row-major; each row sums to 1. @throws NotFittedError before `fit`. */
  predictProba(features: Table): Float64Array {
    const means = predictForest(this.#read(), features);
    if (this.#numClasses > 2) return means;
    if (this.#numClasses === 1) return means.fill(1);
    const probabilities = new Float64Array(2 * means.length);
    for (let row = 0; row < means.length; row++) {
      probabilities[2 * row] = 1 - means[row];
      probabilities[2 * row + 1] = means[row];
    }
    return probabilities;
  }

  /** Mean decrease of Gini impurity by feature, summing to 1. @throws NotFittedError before `fit`. */
  get featureImportances(): Readonly<Record<string, number>> {
    return importancesByName(this.#read());
  }

  toState(): ModelState {
    return { ...forestToState(this.#params, this.#read()), numClasses: this.#numClasses };
  }

  /** @throws TypeError when the state is damaged or another class's. */
  static fromState(state: ModelState): RandomForestClassifier {
    const reader = new StateReader(state, RandomForestClassifier.name);
    const forest = new RandomForestClassifier(storedParams(reader, RandomForestClassifier.name));
    const fitted = forestFromState(reader, RandomForestClassifier.name);
    const numClasses = reader.number("numClasses");
    if (fitted.trees.leafSize !== (numClasses > 2 ? numClasses : 1)) {
      throw new TypeError(
        `the stored state of ${RandomForestClassifier.name} is damaged: its leaves do not fit its classes`,
      );
    }
    forest.#fitted = fitted;
    forest.#numClasses = numClasses;
    return forest;
  }

  #read(): FittedForest {
    return fittedOrThrow(this.#fitted, RandomForestClassifier.name);
  }
}

function countClasses(target: Float64Array): number {
  let highest = 0;
  for (let row = 0; row < target.length; row++) {
    const value = target[row];
    if (!Number.isInteger(value) || value < 0 || value >= MAX_CLASSES) {
      throw new ForestDataError(
        `the target of row ${row} is ${value}; give class numbers from 0 to ${MAX_CLASSES - 1}`,
      );
    }
    highest = Math.max(highest, value);
  }
  return highest + 1;
}
