import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { knownRows, knownSeries, typicalStep } from "../../../runner/features/timeline.ts";
import { anyHorizon, anySeries, anyStep } from "./series.ts";

describe("typicalStep", () => {
  it("is the median difference between the times that differ", () => {
    expect(typicalStep(Float64Array.of(3, 3, 10, 12, 12, 20))).toBe(7);
    expect(typicalStep(Float64Array.of(1, 2, 3, 7, 8))).toBe(1);
  });

  it("is not moved by a stray time stamp or by gaps in less than half of the series", () => {
    const days = Array.from({ length: 30 }, (_, day) => day * 86_400_000);
    expect(typicalStep(Float64Array.from([...days, days[3] + 1000].sort((a, b) => a - b)))).toBe(86_400_000);
    expect(typicalStep(Float64Array.from(days.filter((_, day) => day % 4 !== 3)))).toBe(86_400_000);
  });

  it("of months is long enough that twelve of them reach back a year", () => {
    const firstOfMonths = Array.from({ length: 40 }, (_, month) => Date.UTC(2021, month, 1) / 86_400_000);
    expect(12 * typicalStep(Float64Array.from(firstOfMonths))).toBeGreaterThanOrEqual(365);
  });

  it("is 1 for no rows, one row and rows of one time", () => {
    for (const times of [[], [5], [5, 5, 5]]) expect(typicalStep(Float64Array.from(times))).toBe(1);
  });
});

describe("knownRows", () => {
  it("counts for each row those dated at least the horizon before it", () => {
    expect([...knownRows(Float64Array.of(1, 2, 3, 4, 5), 2, 1)]).toEqual([0, 0, 1, 2, 3]);
  });

  it("counts by time and not by row where weeks are missing", () => {
    expect([...knownRows(Float64Array.of(10, 11, 15, 16), 4, 1)]).toEqual([0, 0, 2, 2]);
  });

  it("treats rows of one time alike", () => {
    expect([...knownRows(Float64Array.of(1, 1, 2, 2, 2), 1, 1)]).toEqual([0, 0, 2, 2, 2]);
  });

  it("is not misled by steps that have no exact binary form", () => {
    const times = Float64Array.from({ length: 50 }, (_, i) => i * 0.1);
    expect([...knownRows(times, 3, 0.1)]).toEqual(Array.from(times, (_, row) => Math.max(0, row - 2)));
  });

  it("never exceeds what the definition allows", () => {
    fc.assert(
      fc.property(anySeries, anyHorizon, anyStep, ({ times }, horizon, step) => {
        const expected = [...times].map((time) => [...times].filter((other) => other <= time - horizon * step).length);
        expect([...knownRows(times, horizon, step)]).toEqual(expected);
      }),
    );
  });
});

describe("knownSeries", () => {
  it("keeps the observed values in order and counts for each row those that are known at it", () => {
    fc.assert(
      fc.property(anySeries, anyHorizon, ({ times, target }, horizon) => {
        const series = knownSeries(times, target, knownRows(times, horizon, 1));
        const observed = [...target.keys()].filter((row) => !Number.isNaN(target[row]));
        expect([...series.values]).toEqual(observed.map((row) => target[row]));
        expect([...series.times]).toEqual(observed.map((row) => times[row]));
        expect([...series.counts]).toEqual(
          [...times].map((time) => observed.filter((row) => times[row] <= time - horizon).length),
        );
      }),
    );
  });

  it("counts an infinity as not observed", () => {
    const times = Float64Array.of(1, 2, 3);
    const target = Float64Array.of(Number.POSITIVE_INFINITY, 4, 5);
    expect([...knownSeries(times, target, knownRows(times, 1, 1)).values]).toEqual([4, 5]);
  });
});
