import type { Table } from "../../table/table.ts";
import { mostProbableClass } from "../class-choice.ts";
import type { Classifier, FitOptions, Params } from "../estimator.ts";
import { type ModelState, StateReader } from "../state.ts";
import { checkClasses, InvalidInputError } from "../training-input.ts";
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
  static readonly name = "RandomForestClassifier";
  readonly #params: ForestParams;
  #fitted: FittedForest | null = null;
  #numClasses = 0;

  /** @throws InvalidOptionError */
  constructor(options: ForestOptions = {}) {
    this.#params = resolveOptions(options, "sqrt", RandomForestClassifier.name);
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
   * @param options weights, and threads: from 20,000 rows on they are used, with the same result as one.
   * @throws InvalidInputError for no rows or columns, text, or a target or weight that can't be used.
   */
  fit(features: Table, target: Float64Array, options: FitOptions = {}): this {
    const numClasses = checkClasses(target, RandomForestClassifier.name);
    if (numClasses > MAX_CLASSES) {
      throw new InvalidInputError(
        `${RandomForestClassifier.name}: ${numClasses} classes are too many (${MAX_CLASSES})`,
      );
    }
    // Two classes are the numbers 0 and 1: their variance is half their Gini impurity, so the splits are the same.
    this.#fitted = fitForest(
      this.#params,
      features,
      target,
      numClasses > 2 ? numClasses : 0,
      options,
      RandomForestClassifier.name,
    );
    this.#numClasses = numClasses;
    return this;
  }

  /** The most probable class of each row, the lowest where several are. @throws NotFittedError before `fit`. */
  predict(features: Table): Float64Array {
    return mostProbableClass(this.predictProba(features), this.#numClasses);
  }

  /** n rows x `numClasses`, row-major; each row sums to 1. @throws NotFittedError before `fit`. */
  predictProba(features: Table): Float64Array {
    const means = predictForest(this.#read(), features, RandomForestClassifier.name);
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
