import { describe, expect, it } from "vitest";
import { type Estimator, isClassifier } from "../../../runner/estimators/estimator.ts";
import { ClassifierPipeline, EstimatorPipeline, makePipeline } from "../../../runner/estimators/estimator-pipeline.ts";
import { LogisticRegression } from "../../../runner/estimators/logistic-regression.ts";
import { OneHotEncoder } from "../../../runner/estimators/one-hot-encoder.ts";
import { PCA } from "../../../runner/estimators/pca.ts";
import { RidgeRegressor } from "../../../runner/estimators/ridge-regressor.ts";
import { SimpleImputer } from "../../../runner/estimators/simple-imputer.ts";
import { StandardScaler } from "../../../runner/estimators/standard-scaler.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

const table = new Table({
  store: categoricalOf(["a", "b", "c", "a", "b", null]),
  price: numeric(Float64Array.of(1, 2, Number.NaN, 4, 5, 6)),
});
const target = Float64Array.of(1, 5, 3, 2, 8, 6);

describe("makePipeline", () => {
  it("fits and applies each step on what the last one returned", () => {
    const pipeline = makePipeline(new SimpleImputer(), new OneHotEncoder(), new RidgeRegressor()).fit(table, target);
    const imputed = new SimpleImputer().fit(table).transform(table);
    const encoded = new OneHotEncoder().fit(imputed).transform(imputed);
    const expected = new RidgeRegressor().fit(encoded, target).predict(encoded);
    expect(pipeline.predict(table)).toEqual(expected);
    expect(pipeline.transformFeatures(table).names).toEqual(["price", "store=a", "store=b", "store=c"]);
  });

  it("names steps and parameters as scikit-learn does", () => {
    const pipeline = makePipeline(
      new StandardScaler(),
      new PCA(),
      new StandardScaler(),
      new RidgeRegressor({ alpha: 3 }),
    );
    expect(pipeline.steps.map(([name]) => name)).toEqual([
      "standardscaler-1",
      "pca",
      "standardscaler-2",
      "ridgeregressor",
    ]);
    expect(pipeline.getParams()).toMatchObject({ ridgeregressor__alpha: 3, "standardscaler-2__withMean": true });
  });

  it("makes a classifier of a classifier, and only of one", () => {
    const labels = Float64Array.of(0, 1, 0, 0, 1, 1);
    const classifier = makePipeline(new SimpleImputer(), new OneHotEncoder(), new LogisticRegression());
    expect(classifier).toBeInstanceOf(ClassifierPipeline);
    expect(isClassifier(classifier.fit(table, labels))).toBe(true);
    expect(classifier.numClasses).toBe(2);
    expect(classifier.predictProba(table).length).toBe(12);
    const regressor = makePipeline(new RidgeRegressor());
    expect(regressor).toBeInstanceOf(EstimatorPipeline);
    expect(isClassifier(regressor)).toBe(false);
  });

  it("adds up the importances of derived columns under the column they come from", () => {
    const pipeline = makePipeline(
      new SimpleImputer({ addIndicator: true }),
      new OneHotEncoder(),
      new StandardScaler(),
      new RidgeRegressor({ alpha: 0.1 }),
    ).fit(table, target);
    const inner = pipeline.estimator.featureImportances ?? {};
    expect(Object.keys(inner)).toContain("missingindicator_price");
    const importances = pipeline.featureImportances ?? {};
    expect(Object.keys(importances).sort()).toEqual(["price", "store"]);
    expect(importances.store + importances.price).toBeCloseTo(1, 12);
    expect(importances.price).toBeCloseTo(inner.price + inner.missingindicator_price, 12);
  });

  it("follows a column that is derived twice to its source", () => {
    const twice = new OneHotEncoder({ columns: ["missingindicator_price"] });
    const imputer = new SimpleImputer({ addIndicator: true });
    const pipeline = makePipeline(imputer, twice, new RidgeRegressor()).fit(table.drop(["store"]), target);
    expect(Object.keys(pipeline.estimator.featureImportances ?? {})).toContain("missingindicator_price=1");
    expect(pipeline.featureImportances).toEqual({ price: expect.closeTo(1, 12) });
  });

  it("has no importances when the estimator has none", () => {
    const plain: Estimator = {
      getParams: () => ({}),
      fit() {
        return this;
      },
      predict: (rows) => new Float64Array(rows.numRows),
      toState: () => null,
    };
    expect(makePipeline(new SimpleImputer(), plain).fit(table, target).featureImportances).toBeUndefined();
  });

  it("gives sample weights to the estimator", () => {
    const imputed = new SimpleImputer().fit(table).transform(table).drop(["store"]);
    const sampleWeight = Float64Array.of(1, 0, 2, 0, 1, 3);
    const weighted = makePipeline(new StandardScaler(), new RidgeRegressor()).fit(imputed, target, { sampleWeight });
    const scaled = new StandardScaler().fit(imputed).transform(imputed);
    const expected = new RidgeRegressor().fit(scaled, target, { sampleWeight }).predict(scaled);
    expect(weighted.predict(imputed)).toEqual(expected);
  });
});
