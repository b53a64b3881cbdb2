import { describe, expect, it } from "vitest";
import { DummyClassifier } from "../../../runner/estimators/dummy-classifier.ts";
import { DummyRegressor } from "../../../runner/estimators/dummy-regressor.ts";
import { makePipeline } from "../../../runner/estimators/estimator-pipeline.ts";
import { LogisticRegression } from "../../../runner/estimators/logistic-regression.ts";
import { PCA } from "../../../runner/estimators/pca.ts";
import { RidgeRegressor } from "../../../runner/estimators/ridge-regressor.ts";
import { SimpleImputer } from "../../../runner/estimators/simple-imputer.ts";
import { StandardScaler } from "../../../runner/estimators/standard-scaler.ts";
import { numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";
import { expectNumbers, runScikitLearn, tableOf } from "./scikit-learn.ts";

const golden = runScikitLearn();

describe("RidgeRegressor finds scikit-learn's Ridge on the diabetes data", () => {
  const { names, x, y, cases, collinear } = golden.ridge;
  const table = tableOf(x, names);

  it.each(cases)("with $name", ({ rows, alpha, fitIntercept, weight, coefficients, intercept, predictions }) => {
    const model = new RidgeRegressor({ alpha, fitIntercept });
    model.fit(table.slice(0, rows), y.subarray(0, rows), weight === null ? {} : { sampleWeight: weight });
    expectNumbers(Float64Array.from(Object.values(model.coefficients)), coefficients, 1e-8);
    expectNumbers(Float64Array.of(model.intercept), Float64Array.of(intercept), 1e-8);
    expectNumbers(model.predict(table), predictions, 1e-8);
  });

  it("with collinear and constant columns and no penalty, in what it predicts", () => {
    const rows = tableOf(collinear.x);
    expectNumbers(new RidgeRegressor({ alpha: 0 }).fit(rows, y).predict(rows), collinear.fitted, 1e-8);
  });
});

describe("LogisticRegression finds scikit-learn's probabilities", () => {
  it.each(golden.logistic)("for $name", ({ x, y, C, fitIntercept, weight, proba }) => {
    const rows = tableOf(x);
    const model = new LogisticRegression({ C, fitIntercept });
    model.fit(rows, y, weight === null ? {} : { sampleWeight: weight });
    expect(model.numIterations).toBeLessThan(100);
    expectNumbers(model.predictProba(rows), Float64Array.from(proba.flatMap((row) => [...row])), 1e-5);
  });
});

describe("the dummies are scikit-learn's", () => {
  const { y, labels, weight, labelWeight, ...expected } = golden.dummies;
  const rows = new Table({ x: numeric(new Float64Array(y.length)) });
  const labelRows = new Table({ x: numeric(new Float64Array(labels.length)) });

  it("for regression", () => {
    const first = (model: DummyRegressor) => model.predict(rows)[0];
    expect(first(new DummyRegressor().fit(rows, y))).toBeCloseTo(expected.mean, 10);
    expect(first(new DummyRegressor({ strategy: "median" }).fit(rows, y))).toBe(expected.median);
    const weighted = new DummyRegressor().fit(rows, y, { sampleWeight: weight });
    expect(first(weighted)).toBeCloseTo(expected.weightedMean, 10);
  });

  it("for classification", () => {
    const first = (model: DummyClassifier) => model.predictProba(labelRows.slice(0, 1));
    expectNumbers(first(new DummyClassifier().fit(labelRows, labels)), expected.prior, 1e-12);
    const mostFrequent = new DummyClassifier({ strategy: "most_frequent" }).fit(labelRows, labels);
    expectNumbers(first(mostFrequent), expected.mostFrequent, 0);
    const weighted = new DummyClassifier().fit(labelRows, labels, { sampleWeight: labelWeight });
    expectNumbers(first(weighted), expected.weightedPrior, 1e-12);
  });
});

describe("a pipeline predicts as scikit-learn's", () => {
  const { x, y, predictions, steps } = golden.pipeline;

  it("with an imputer, a scaler, principal components and ridge", () => {
    const table = tableOf(x);
    const pipeline = makePipeline(
      new SimpleImputer({ strategy: "median" }),
      new StandardScaler(),
      new PCA({ nComponents: 5 }),
      new RidgeRegressor({ alpha: 2 }),
    ).fit(table, y);
    expectNumbers(pipeline.predict(table), predictions, 1e-8);
    expect(pipeline.steps.map(([name]) => name.replace("regressor", ""))).toEqual(steps);
  });
});
