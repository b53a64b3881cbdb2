import { describe, expect, it } from "vitest";
import { DummyRegressor } from "../../../runner/estimators/dummy-regressor.ts";
import { NotFittedError, type Params, type Transformer } from "../../../runner/estimators/estimator.ts";
import { makePipeline } from "../../../runner/estimators/estimator-pipeline.ts";
import {
  ModelRestoreError,
  restoreEstimator,
  restoreTransformer,
  saveEstimator,
} from "../../../runner/estimators/registry.ts";
import { RidgeRegressor } from "../../../runner/estimators/ridge-regressor.ts";
import { StandardScaler } from "../../../runner/estimators/standard-scaler.ts";
import { type ModelState, StateReader } from "../../../runner/estimators/state.ts";
import { numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

/** A transformer as a user may write one. */
class Doubler implements Transformer {
  readonly factor: number;
  constructor({ factor = 2 }: { factor?: number } = {}) {
    this.factor = factor;
  }
  getParams(): Params {
    return { factor: this.factor };
  }
  fit(): this {
    return this;
  }
  transform(features: Table): Table {
    return new Table(
      features
        .numericColumns()
        .map(([name, column]) => [name, numeric(column.values.map((x) => x * this.factor))] as const),
    );
  }
  toState(): ModelState {
    return { factor: this.factor };
  }
  static fromState(state: ModelState): Doubler {
    return new Doubler({ factor: new StateReader(state, "Doubler").number("factor") });
  }
}

const table = new Table({ x: numeric(Float64Array.of(1, 2, 4)) });
const target = Float64Array.of(2, 3, 7);

describe("saved estimators", () => {
  it("are named by their class", () => {
    expect(saveEstimator(new RidgeRegressor().fit(table, target))).toMatchObject({
      class: "RidgeRegressor",
      state: { alpha: 1, features: ["x"] },
    });
    expect(() => saveEstimator(new RidgeRegressor())).toThrow(NotFittedError);
  });

  it("come back with the user's own classes deep inside a pipeline", () => {
    const inner = makePipeline(new Doubler({ factor: 5 }), new RidgeRegressor());
    const pipeline = makePipeline(new StandardScaler(), inner).fit(table, target);
    const saved = saveEstimator(pipeline);
    expect(restoreEstimator(saved, [Doubler]).predict(table)).toEqual(pipeline.predict(table));
    expect(() => restoreEstimator(saved)).toThrow(ModelRestoreError);
    expect(() => restoreEstimator(saved)).toThrow(/^the model was saved by class Doubler, which is not known here/);
  });

  it("refuse a class of the user's that has a name twice", () => {
    const Own = class RidgeRegressor extends Doubler {};
    const saved = saveEstimator(new RidgeRegressor().fit(table, target));
    expect(() => restoreEstimator(saved, [Own])).toThrow(/more than one class has the name RidgeRegressor/);
    const unrelated = saveEstimator(new DummyRegressor().fit(table, target));
    expect(restoreEstimator(unrelated, [Own])).toBeInstanceOf(DummyRegressor);
  });

  it("say what is wrong with a damaged state", () => {
    const damaged: ModelState[] = [
      null,
      7,
      [],
      {},
      { class: "toString", state: null },
      { class: "RidgeRegressor" },
      { class: "RidgeRegressor", state: {} },
      { class: "RidgeRegressor", state: { alpha: -3, fitIntercept: true } },
      { class: "EstimatorPipeline", state: { transformers: [{ class: "DummyRegressor", state: {} }], estimator: 1 } },
    ];
    for (const saved of damaged) expect(() => restoreEstimator(saved)).toThrow(ModelRestoreError);
    expect(() => restoreEstimator({ class: "RidgeRegressor", state: {} })).toThrow(/no number "alpha"/);
  });

  it("are not taken for the other kind", () => {
    const scaler = saveEstimator(new StandardScaler().fit(table));
    expect(restoreTransformer(scaler)).toBeInstanceOf(StandardScaler);
    expect(() => restoreEstimator(scaler)).toThrow(/StandardScaler, which predicts nothing/);
    const ridge = saveEstimator(new RidgeRegressor().fit(table, target));
    expect(() => restoreTransformer(ridge)).toThrow(/RidgeRegressor, which transforms nothing/);
  });
});
