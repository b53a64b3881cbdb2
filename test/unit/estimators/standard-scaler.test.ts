import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StandardScaler } from "../../../runner/estimators/standard-scaler.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

function scale(train: readonly number[], later: readonly number[] = train): number[] {
  const scaler = new StandardScaler().fit(new Table({ x: numeric(Float64Array.from(train)) }));
  return [...scaler.transform(new Table({ x: numeric(Float64Array.from(later)) })).numbers("x")];
}

describe("StandardScaler", () => {
  it("makes mean 0 and standard deviation 1 with divisor n", () => {
    expect(scale([1, 3])).toEqual([-1, 1]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2 }), (values) => {
        fc.pre(new Set(values).size > 1);
        const scaled = scale(values);
        const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length;
        const variance = scaled.reduce((sum, value) => sum + (value - mean) ** 2, 0) / scaled.length;
        expect(mean).toBeCloseTo(0, 9);
        expect(variance).toBeCloseTo(1, 9);
      }),
    );
  });

  it("only centres a constant column, also one whose mean is rounded", () => {
    expect(scale([7, 7, 7], [7, 8])).toEqual([0, 1]);
    for (const value of scale(Array(10).fill(0.1), [0.1, 1.1])) expect(Math.abs(value)).toBeLessThan(1.0001);
  });

  it("ignores gaps and leaves them", () => {
    expect(scale([1, Number.NaN, 3, Number.POSITIVE_INFINITY])).toEqual([-1, Number.NaN, 1, Number.POSITIVE_INFINITY]);
    expect(scale([Number.NaN], [5])).toEqual([5]);
  });

  it("lets text pass", () => {
    const table = new Table({ text: categoricalOf(["a", "b"]), x: numeric(Float64Array.of(1, 3)) });
    const scaled = new StandardScaler().fit(table).transform(table);
    expect(scaled.get("text")).toBe(table.get("text"));
    expect(scaled.names).toEqual(["text", "x"]);
  });
});
