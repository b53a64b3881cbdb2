import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  classificationMetricNames,
  classificationMetrics,
  f1,
  logLoss,
  rocAuc,
} from "../../../runner/metrics/classification.ts";

describe("classification metrics", () => {
  it("are what their definitions say, by hand", () => {
    const actual = Float64Array.of(1, 0, 1, 0);
    const proba = Float64Array.of(0.2, 0.8, 0.4, 0.6, 0.7, 0.3, 0.9, 0.1);
    const metrics = classificationMetrics(actual, proba, 2);
    expect(metrics.log_loss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.4) + Math.log(0.3) + Math.log(0.9)) / 4, 12);
    // Predicted 1 1 0 0: one hit, one false alarm, one miss.
    expect(metrics.f1).toBe(0.5);
    expect(metrics.accuracy).toBe(0.5);
    // Pairs (0.8, 0.6), (0.8, 0.1), (0.3, 0.1) are in order, (0.3, 0.6) is not.
    expect(metrics.roc_auc).toBe(0.75);
  });

  it("count each pair in order as the AUC, ties half", () => {
    const rows = fc.array(fc.record({ label: fc.nat({ max: 1 }), score: fc.nat({ max: 5 }) }), { minLength: 2 });
    fc.assert(
      fc.property(rows, (items) => {
        const positives = items.filter((item) => item.label === 1);
        const negatives = items.filter((item) => item.label === 0);
        const pairs = positives.flatMap((p) =>
          negatives.map((q) => (p.score > q.score ? 1 : p.score === q.score ? 0.5 : 0)),
        );
        const proba = Float64Array.from(items.flatMap(({ score }) => [1 - score / 5, score / 5]));
        const auc = rocAuc(
          Float64Array.from(items, (item) => item.label),
          proba,
          2,
        );
        if (pairs.length === 0) expect(auc).toBeNaN();
        else expect(auc).toBeCloseTo(pairs.reduce<number>((sum, value) => sum + value, 0) / pairs.length, 10);
      }),
    );
  });

  it("leave classes that don't occur out of the mean AUC", () => {
    const actual = Float64Array.of(0, 2, 0, 2);
    const proba = Float64Array.of(0.8, 0.1, 0.1, 0.1, 0.2, 0.7, 0.6, 0.3, 0.1, 0.2, 0.2, 0.6);
    expect(rocAuc(actual, proba, 3)).toBe(1);
    expect(rocAuc(new Float64Array(2), proba.subarray(0, 6), 3)).toBeNaN();
  });

  it("bound the loss of a certain mistake", () => {
    const loss = logLoss(Float64Array.of(1), Float64Array.of(1, 0), 2);
    expect(loss).toBeCloseTo(-Math.log(2 ** -52), 10);
  });

  it("count a class that training did not have as a certain mistake", () => {
    const metrics = classificationMetrics(Float64Array.of(0, 1), Float64Array.of(1, 1), 1);
    expect(metrics.accuracy).toBe(0.5);
    expect(metrics.log_loss).toBeCloseTo(-Math.log(2 ** -52) / 2, 10);
  });

  it("average F1 over the classes that occur or are predicted", () => {
    // Class 0: 2 hits of 2 and 3; class 1: never; class 2: 1 hit of 2 and 1.
    const actual = Float64Array.of(0, 0, 2, 2);
    const predicted = Float64Array.of(0, 0, 2, 0);
    expect(f1(actual, predicted, 3)).toBeCloseTo((4 / 5 + 2 / 3) / 2, 12);
    expect(f1(new Float64Array(3), new Float64Array(3), 2)).toBe(0);
  });

  it("are all there under the names that are logged, NaN without rows", () => {
    const none = classificationMetrics(new Float64Array(0), new Float64Array(0), 2);
    expect(Object.keys(none)).toEqual([...classificationMetricNames]);
    for (const value of Object.values(none)) expect(value).toBeNaN();
  });

  it("refuse lists that don't fit", () => {
    expect(() => logLoss(new Float64Array(2), new Float64Array(3), 2)).toThrow(/2 rows of 2 classes, but 3/);
    expect(() => accuracy(new Float64Array(2), new Float64Array(3))).toThrow(RangeError);
  });
});
