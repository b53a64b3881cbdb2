import { describe, expect, it } from "vitest";
import { classificationMetrics } from "../../../runner/metrics/classification.ts";
import { naiveError, regressionMetrics } from "../../../runner/metrics/regression.ts";
import { runScikitLearn } from "./scikit-learn.ts";

const golden = runScikitLearn();

function expectMetrics(actual: Readonly<Record<string, number>>, expected: Readonly<Record<string, number | null>>) {
  for (const [name, value] of Object.entries(expected)) {
    if (value === null) expect(actual[name], name).toBeNaN();
    else expect(Math.abs(actual[name] - value), name).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value)));
  }
}

describe("regression metrics are scikit-learn's", () => {
  it.each(golden.regressionMetrics)("for $name", ({ name: _, y, f, ...expected }) => {
    const metrics = regressionMetrics(y, f, { maseScale: naiveError(y) });
    expect(Object.keys(metrics).sort()).toEqual(Object.keys(expected).sort());
    expectMetrics(metrics, expected);
  });
});

describe("classification metrics are scikit-learn's", () => {
  it.each(golden.classificationMetrics)("for $name", ({ name: _, y, proba, ...expected }) => {
    const metrics = classificationMetrics(y, Float64Array.from(proba.flatMap((row) => [...row])), proba[0].length);
    expect(Object.keys(metrics).sort()).toEqual(Object.keys(expected).sort());
    expectMetrics(metrics, expected);
  });
});
