import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binRows, findBins, MISSING_BIN, rowStride } from "../../../../runner/estimators/forest/binning.ts";

const values = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.double({ noNaN: true }) },
      { weight: 2, arbitrary: fc.constantFrom(Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
    ),
    { maxLength: 300 },
  )
  .map((list) => Float64Array.from(list));

function binsOf(column: Float64Array, maxBins: number, others = column): Uint8Array {
  const { bins, stride } = binRows(findBins([column], maxBins), [others], others.length);
  return Uint8Array.from(others, (_, row) => bins[row * stride]);
}

describe("bins", () => {
  it("keep the order of values, equal values together and missing ones apart", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 255 }), (column, maxBins) => {
        const bins = binsOf(column, maxBins);
        const order = [...column.keys()].sort((a, b) => column[a] - column[b]);
        for (const row of order) {
          if (Number.isNaN(column[row])) expect(bins[row]).toBe(MISSING_BIN);
          else expect(bins[row]).toBeLessThan(maxBins);
        }
        const present = order.filter((row) => !Number.isNaN(column[row])).sort((a, b) => column[a] - column[b]);
        for (let i = 1; i < present.length; i++) {
          const [low, high] = [present[i - 1], present[i]];
          if (column[low] === column[high]) expect(bins[low]).toBe(bins[high]);
          else expect(bins[low]).toBeLessThanOrEqual(bins[high]);
        }
      }),
    );
  });

  it("hold one value each when there are few enough", () => {
    fc.assert(
      fc.property(values, (column) => {
        const distinct = new Set([...column].filter((value) => !Number.isNaN(value)).map((value) => value + 0));
        fc.pre(distinct.size <= 255);
        const bins = binsOf(column, 255);
        expect(new Set(bins.filter((bin) => bin !== MISSING_BIN)).size).toBe(distinct.size);
      }),
    );
  });

  it("are cut halfway between values, as scikit-learn's thresholds", () => {
    const { cuts } = findBins([Float64Array.of(3, 1, 2, 2, 7)], 255);
    expect([...cuts]).toEqual([1.5, 2.5, 5]);
    expect([...binsOf(Float64Array.of(1, 2), 255, Float64Array.of(1.5, 1.5000001, -9, 9))]).toEqual([0, 1, 0, 1]);
  });

  const countsOf = (column: Float64Array, maxBins: number) => {
    const counts = new Int32Array(maxBins);
    for (const bin of binsOf(column, maxBins)) counts[bin]++;
    return [...counts];
  };

  it("hold about as many rows each when there are many values, and single rows at the ends", () => {
    const column = Float64Array.from({ length: 10_000 }, (_, row) => (row * 7919) % 10_007);
    const counts = countsOf(column, 255);
    expect(counts[0]).toBe(1);
    expect(Math.min(...counts.slice(-10))).toBeLessThanOrEqual(2);
    const inner = counts.slice(90, 165);
    expect(Math.max(...inner) - Math.min(...inner)).toBeLessThanOrEqual(10);
    expect(Math.max(...counts)).toBeLessThan(3 * (10_000 / 255));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10_000);
  });

  it("are found from a sample of very many rows, but exact where there are few values", () => {
    const n = 200_000;
    const many = Float64Array.from({ length: n }, (_, row) => (row * 7919) % 200_003);
    const counts = countsOf(many, 255);
    expect(Math.max(...counts)).toBeLessThan(4 * (n / 255));
    expect(counts.filter((count) => count > 0.5 * (n / 255)).length).toBeGreaterThan(120);
    const rare = new Float64Array(n).with(77, 1).with(1234, Number.NaN).with(99, 2);
    expect([...findBins([rare], 255).cuts]).toEqual([0.5, 1.5]);
  });

  it("tell the rows apart beside a value that most rows have", () => {
    const column = Float64Array.from({ length: 10_000 }, (_, row) => (row % 10 === 0 ? row : 0));
    const counts = countsOf(column, 101).filter((count) => count < 5000);
    expect(counts.length).toBeGreaterThan(80);
    expect(Math.max(...counts)).toBeLessThan(60);
  });

  it("of infinities are their own", () => {
    const column = Float64Array.of(Number.NEGATIVE_INFINITY, -1e308, 1e308, Number.POSITIVE_INFINITY);
    expect([...binsOf(column, 255)]).toEqual([0, 1, 2, 3]);
    expect([...binsOf(column, 255, Float64Array.of(-Number.MAX_VALUE, Number.MAX_VALUE))]).toEqual([1, 2]);
  });

  it("lie in rows of whole vectors", () => {
    expect([1, 16, 17, 30, 33].map(rowStride)).toEqual([16, 16, 32, 32, 48]);
  });
});
