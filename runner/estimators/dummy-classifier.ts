import type { Table } from "../table/table.ts";
import { mostProbableClass } from "./class-choice.ts";
import { type Classifier, type FitOptions, NotFittedError, type Params } from "./estimator.ts";
import { OptionCheck } from "./option.ts";
import { type ModelState, StateReader } from "./state.ts";
import { checkClasses, checkTraining } from "./training-input.ts";

const strategies = ["prior", "most_frequent"] as const;

export interface DummyClassifierOptions {
  /**
   * Both predict the majority class; the probabilities are the classes' shares with "prior", and 1 for the majority
   * with "most_frequent". Default "prior".
   */
  readonly strategy?: (typeof strategies)[number];
}

/** The majority baseline. scikit-learn's `DummyClassifier`. */
export class DummyClassifier implements Classifier {
  static readonly name = "DummyClassifier";
  readonly strategy: (typeof strategies)[number];
  #shares: Float64Array | null = null;

  /** @throws InvalidOptionError */
  constructor(options: DummyClassifierOptions = {}) {
    this.strategy = new OptionCheck(DummyClassifier.name).oneOf("strategy", options.strategy ?? "prior", strategies);
  }

  getParams(): Params {
    return { strategy: this.strategy };
  }

  /** @param features only their number of rows matters. @param target class numbers. @throws InvalidInputError */
  fit(features: Table, target: Float64Array, options: FitOptions = {}): this {
    const { weight, total } = checkTraining(features, target, options.sampleWeight, DummyClassifier.name);
    const shares = new Float64Array(checkClasses(target, DummyClassifier.name));
    for (let row = 0; row < target.length; row++) shares[target[row]] += weight === null ? 1 : weight[row];
    for (let c = 0; c < shares.length; c++) shares[c] /= total;
    if (this.strategy === "most_frequent") {
      const majority = mostProbableClass(shares, shares.length)[0];
      shares.fill(0);
      shares[majority] = 1;
    }
    this.#shares = shares;
    return this;
  }

  predict(features: Table): Float64Array {
    const shares = this.#fitted();
    return new Float64Array(features.numRows).fill(mostProbableClass(shares, shares.length)[0]);
  }

  predictProba(features: Table): Float64Array {
    const shares = this.#fitted();
    const proba = new Float64Array(features.numRows * shares.length);
    for (let row = 0; row < features.numRows; row++) proba.set(shares, row * shares.length);
    return proba;
  }

  get numClasses(): number {
    return this.#fitted().length;
  }

  toState(): ModelState {
    return { strategy: this.strategy, shares: this.#fitted() };
  }

  static fromState(state: ModelState): DummyClassifier {
    const fields = new StateReader(state, DummyClassifier.name);
    const check = new OptionCheck(DummyClassifier.name);
    const model = new DummyClassifier({ strategy: check.oneOf("strategy", fields.string("strategy"), strategies) });
    model.#shares = fields.array("shares", Float64Array);
    return model;
  }

  #fitted(): Float64Array {
    if (this.#shares === null) throw new NotFittedError(DummyClassifier.name);
    return this.#shares;
  }
}
