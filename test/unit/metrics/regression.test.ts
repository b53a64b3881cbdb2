import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bias,
  mae,
  mape,
  mase,
  naiveError,
  r2,
  regressionMetricNames,
  regressionMetrics,
  rmse,
  smape,
  wape,
} from "../../../runner/metrics/regression.ts";

const actual = Float64Array.of(2, 4, 0, -4);
const predicted = Float64Array.of(1, 6, 1, -4);

describe("regression metrics", () => {
  it("are what their definitions say, by hand", () => {
    // Errors -1, 2, 1, 0.
    expect(mae(actual, predicted)).toBe(1);
    expect(rmse(actual, predicted)).toBe(Math.sqrt(6 / 4));
    expect(bias(actual, predicted)).toBe(0.5);
    expect(wape(actual, predicted)).toBe(4 / 10);
    // The mean is 0.5: sum of squares 2.25 + 12.25 + 0.25 + 20.25.
    expect(r2(actual, predicted)).toBeCloseTo(1 - 6 / 35, 12);
    expect(smape(actual, predicted)).toBeCloseTo((2 / 3 + 4 / 10 + 2 + 0) / 4, 12);
    expect(mase(actual, predicted, 4)).toBe(0.25);
  });

  it("leave rows of actual 0 out of MAPE", () => {
    expect(mape(actual, predicted)).toBeCloseTo((0.5 + 0.5 + 0) / 3, 12);
    expect(mape(Float64Array.of(0, 0), Float64Array.of(1, 2))).toBeNaN();
  });

  it("are perfect for a perfect prediction", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 2 }), (values) => {
        const y = Float64Array.from(values);
        const best = { rmse: 0, mae: 0, r2: 1, mape: 0, smape: 0, wape: 0, mase: 0, bias: 0 };
        expect(regressionMetrics(y, y, { maseScale: 1 })).toEqual(best);
      }),
    );
  });

  it("have no R2 for one row, and 1 or 0 for constant actual values", () => {
    expect(r2(Float64Array.of(1), Float64Array.of(1))).toBeNaN();
    const constant = new Float64Array(20).fill(0.1);
    expect(r2(constant, constant)).toBe(1);
    expect(r2(constant, constant.with(0, 0.2))).toBe(0);
  });

  it("have no WAPE for zeros and no MASE without a scale", () => {
    expect(wape(Float64Array.of(0), Float64Array.of(1))).toBeNaN();
    expect(mase(actual, predicted, 0)).toBeNaN();
    expect(regressionMetrics(actual, predicted).mase).toBeNaN();
  });

  it("count a row where both are 0 as right in sMAPE", () => {
    expect(smape(Float64Array.of(0, 1), Float64Array.of(0, 1))).toBe(0);
  });

  it("scale MASE by the seasonal naive error of the training series", () => {
    expect(naiveError(Float64Array.of(1, 3, 2, 6))).toBe((2 + 1 + 4) / 3);
    expect(naiveError(Float64Array.of(1, 3, 2, 6), 2)).toBe((1 + 3) / 2);
    expect(naiveError(Float64Array.of(1, 3), 2)).toBeNaN();
  });

  it("are all there under the names that are logged, NaN without rows", () => {
    const none = regressionMetrics(new Float64Array(0), new Float64Array(0), { maseScale: 1 });
    expect(Object.keys(none)).toEqual([...regressionMetricNames]);
    for (const value of Object.values(none)) expect(value).toBeNaN();
  });

  it("are NaN when a prediction is", () => {
    const metrics = regressionMetrics(Float64Array.of(1, 2), Float64Array.of(1, Number.NaN), { maseScale: 1 });
    for (const value of Object.values(metrics)) expect(value).toBeNaN();
  });

  it("refuse lists of different length", () => {
    expect(() => mae(actual, new Float64Array(3))).toThrow(/4 actual values, but 3 predictions/);
  });
});
