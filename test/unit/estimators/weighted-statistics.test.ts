import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { weightedMean, weightedMedian } from "../../../runner/estimators/weighted-statistics.ts";

const repeated = fc.array(fc.record({ value: fc.integer({ min: -5, max: 5 }), times: fc.nat({ max: 3 }) }), {
  minLength: 1,
});

describe("weighted statistics", () => {
  it("are those of the values repeated as often as they weigh", () => {
    fc.assert(
      fc.property(repeated, (items) => {
        const values = Float64Array.from(items, (item) => item.value);
        const weight = Float64Array.from(items, (item) => item.times);
        const all = Float64Array.from(items.flatMap((item) => Array(item.times).fill(item.value)));
        fc.pre(all.length > 0);
        expect(weightedMean(values, weight)).toBeCloseTo(weightedMean(all, null), 12);
        expect(weightedMedian(values, weight)).toBe(weightedMedian(all, null));
      }),
    );
  });

  it("take the middle, or the mean of the middle two", () => {
    expect(weightedMedian(Float64Array.of(3, 1, 2), null)).toBe(2);
    expect(weightedMedian(Float64Array.of(4, 1, 2, 3), null)).toBe(2.5);
  });

  it("are NaN without values", () => {
    expect(weightedMean(new Float64Array(0), null)).toBeNaN();
    expect(weightedMedian(new Float64Array(0), null)).toBeNaN();
    expect(weightedMedian(Float64Array.of(1), Float64Array.of(0))).toBeNaN();
  });
});
