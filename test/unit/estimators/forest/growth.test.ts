import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binRows, findBins } from "../../../../runner/estimators/forest/binning.ts";
import { growForest } from "../../../../runner/estimators/forest/growth.ts";
import { predictMean } from "../../../../runner/estimators/forest/prediction.ts";
import {
  bestSquaredError,
  exhaustive,
  fitted,
  growers,
  indicators,
  noise,
  squaredError,
  trainingSet,
} from "./growing.ts";

/** Rows of a few columns with ties, gaps and infinities, and a target with ties. */
function rowsOf(sizes: { min: number; max: number }, numColumns: number) {
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -20, max: 20 }).map((whole) => whole / 4) },
    { weight: 3, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
  );
  return fc.integer(sizes).chain((rows) =>
    fc.record({
      columns: fc.array(
        fc.float64Array({ minLength: rows, maxLength: rows }).chain(() => column(value, rows)),
        {
          minLength: 1,
          maxLength: numColumns,
        },
      ),
      target: column(
        fc.integer({ min: -50, max: 50 }).map((whole) => whole / 8),
        rows,
      ),
      weight: fc.option(
        column(
          fc.integer({ min: 1, max: 6 }).map((whole) => whole / 2),
          rows,
        ),
      ),
      minSamplesLeaf: fc.integer({ min: 1, max: 4 }),
    }),
  );
}

function column(value: fc.Arbitrary<number>, rows: number): fc.Arbitrary<Float64Array> {
  return fc.array(value, { minLength: rows, maxLength: rows }).map((values) => Float64Array.from(values));
}

describe.each(growers)("a tree of $name", ({ grow }) => {
  it.each([
    { nodes: "small", sizes: { min: 2, max: 48 }, numRuns: 300 },
    { nodes: "large", sizes: { min: 49, max: 110 }, numRuns: 60 },
  ])("splits $nodes nodes as well as trying every split does", ({ sizes, numRuns }) => {
    fc.assert(
      fc.property(rowsOf(sizes, 11), ({ columns, target, weight, minSamplesLeaf }) => {
        const set = trainingSet(columns, target, weight);
        const grown = grow(set, { ...exhaustive, maxDepth: 1, minSamplesLeaf }, 1);
        const ours = squaredError(target, fitted(set, grown), weight);
        const best = bestSquaredError(columns, [target], weight, minSamplesLeaf);
        const whole = bestSquaredError([], [target], weight, 1);
        // The kernel compares sums of 16-bit numbers in small nodes.
        expect(ours).toBeLessThanOrEqual(best + 1e-3 * whole + 1e-9);
        expect(ours).toBeGreaterThanOrEqual(best - 1e-9 * (1 + whole));
      }),
      { numRuns },
    );
  });

  it.each([
    { nodes: "small", sizes: { min: 3, max: 48 }, numRuns: 200 },
    { nodes: "large", sizes: { min: 49, max: 100 }, numRuns: 40 },
  ])("splits $nodes nodes of several classes as well as trying every split does", ({ sizes, numRuns }) => {
    fc.assert(
      fc.property(rowsOf(sizes, 5), fc.integer({ min: 3, max: 6 }), (rows, numClasses) => {
        const { columns, target, weight, minSamplesLeaf } = rows;
        const classes = target.map((value) => Math.abs(8 * value) % numClasses);
        const set = trainingSet(columns, classes, weight, numClasses);
        const grown = grow(set, { ...exhaustive, maxDepth: 1, minSamplesLeaf }, 1);
        const targets = indicators(classes, numClasses);
        const shares = fitted(set, grown);
        const ours = targets.reduce((sum, indicator, k) => {
          const predicted = indicator.map((_, row) => shares[row * numClasses + k]);
          return sum + squaredError(indicator, predicted, weight);
        }, 0);
        const best = bestSquaredError(columns, targets, weight, minSamplesLeaf);
        const whole = bestSquaredError([], targets, weight, 1);
        expect(ours).toBeLessThanOrEqual(best + 2e-3 * whole + 1e-9);
        expect(ours).toBeGreaterThanOrEqual(best - 1e-9 * (1 + whole));
      }),
      { numRuns },
    );
  });

  it("gives importances of several classes by hand: the share in the decrease of the Gini impurity", () => {
    const columns = [Float64Array.of(0, 0, 0, 0, 1, 1), Float64Array.of(0, 0, 1, 1, 1, 0)];
    const set = trainingSet(columns, Float64Array.of(0, 0, 1, 1, 2, 2), null, 3);
    const { trees, importances } = grow(set, { ...exhaustive, maxDepth: 2 }, 1);
    expect(trees.leaves).toEqual(trees.leaves.map((share) => (share > 0.5 ? 1 : 0)));
    // Gini x rows: 6 x (1 - 3/9) = 4 at the root, 4 x (1 - 1/2) = 2 after the first split, 0 after the second.
    expect(importances[0]).toBeCloseTo(0.5, 12);
    expect(importances[1]).toBeCloseTo(0.5, 12);
  });

  it.each([20, 40, 200])("finds the right one of %i features", (numFeatures) => {
    for (const right of [0, 15, 16, numFeatures - 1]) {
      const columns = Array.from({ length: numFeatures }, (_, feature) => noise(40, feature + 1));
      const target = columns[right].map((value) => (value < 0.4 ? 1 : 2));
      const set = trainingSet(columns, target);
      const { trees, importances } = grow(set, exhaustive, 1);
      expect(trees.leaves.length).toBe(2);
      expect(importances[right]).toBe(1);
      const few = grow(set, { ...exhaustive, maxFeatures: numFeatures - 1 }, 20);
      expect(few.importances[right]).toBeGreaterThan(0.7);
    }
  });

  it("reproduces targets that the features tell apart", () => {
    fc.assert(
      fc.property(rowsOf({ min: 1, max: 120 }, 3), ({ columns, target, weight }) => {
        const rank = Float64Array.from(target, (_, row) => (row * 7919) % target.length);
        const set = trainingSet([...columns, rank], target, weight);
        expect(fitted(set, grow(set, exhaustive, 2))).toEqual(target);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps to the depth and to the rows that leaves and nodes must have", () => {
    fc.assert(
      fc.property(
        rowsOf({ min: 1, max: 80 }, 5),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 2, max: 20 }),
        ({ columns, target, minSamplesLeaf }, maxDepth, minSamplesSplit) => {
          const set = trainingSet(columns, target);
          const { trees } = grow(set, { ...exhaustive, maxDepth, minSamplesLeaf, minSamplesSplit }, 1);
          const depths = [0];
          for (let node = 0; node < trees.bins.length; node++) {
            for (const child of trees.children.subarray(2 * node, 2 * node + 2)) {
              if (child >= 0) depths[child] = depths[node] + 1;
            }
          }
          expect(trees.bins.length === 0 ? 0 : Math.max(...depths) + 1).toBeLessThanOrEqual(maxDepth);
          const rowsByLeaf = new Map<number, number>();
          const leaves = new Float64Array(trees.leaves.length).map((_, leaf) => leaf);
          for (const leaf of fitted(set, { trees: { ...trees, leaves }, importances: new Float64Array() })) {
            rowsByLeaf.set(leaf, (rowsByLeaf.get(leaf) ?? 0) + 1);
          }
          expect(rowsByLeaf.size).toBe(leaves.length);
          if (leaves.length > 1) expect(Math.min(...rowsByLeaf.values())).toBeGreaterThanOrEqual(minSamplesLeaf);
          if (target.length < minSamplesSplit) expect(leaves.length).toBe(1);
        },
      ),
    );
  });

  it("goes on drawing features until one varies", () => {
    const constant = () => new Float64Array(40).fill(3);
    const columns = Array.from({ length: 30 }, constant);
    columns[17] = Float64Array.from({ length: 40 }, (_, row) => row % 13);
    const target = columns[17].map((value) => value * value);
    const set = trainingSet(columns, target);
    expect(fitted(set, grow(set, { ...exhaustive, maxFeatures: 1 }, 3))).toEqual(target);
  });

  it("takes many features, more than one look-up holds", () => {
    const columns = Array.from({ length: 300 }, (_, feature) =>
      noise(50, feature + 1).map((value) => Math.floor(97 * value)),
    );
    const target = columns[277].map((value) => Math.floor(value / 10));
    const set = trainingSet(columns, target);
    for (const maxFeatures of [17, 300]) {
      const grown = grow(set, { ...exhaustive, maxFeatures, minSamplesLeaf: 2 }, 20);
      const error = squaredError(target, fitted(set, grown), null);
      expect(error).toBeLessThan(0.3 * bestSquaredError([], [target], null, 1));
      expect(grown.importances.indexOf(Math.max(...grown.importances))).toBe(277);
    }
  });

  it("gives importances by hand: the share in the decrease of the squared error", () => {
    // The first column takes 4 x 2 x 2 = 16 of the variance, the second 4 x 0.5 x 0.5 = 1.
    const columns = [Float64Array.of(0, 0, 1, 1), Float64Array.of(0, 1, 0, 1)];
    const set = trainingSet(columns, Float64Array.of(-2.5, -1.5, 1.5, 2.5));
    const { importances } = grow(set, exhaustive, 1);
    expect(importances[0]).toBeCloseTo(16 / 17, 12);
    expect(importances[1]).toBeCloseTo(1 / 17, 12);
  });

  it("draws each tree's rows with replacement", () => {
    const rank = Float64Array.from({ length: 200 }, (_, row) => row);
    const exact = trainingSet([rank], rank);
    const shares = grow(exact, { ...exhaustive, bootstrap: true }, 50).trees;
    const mean = shares.leaves.length / 50 / 200;
    expect(mean).toBeGreaterThan(0.61);
    expect(mean).toBeLessThan(0.655);
  });
});

describe("both builders", () => {
  it("grow equally good forests from the same rows", () => {
    const columns = Array.from({ length: 8 }, (_, feature) => noise(400, feature + 1));
    const target = columns[0].map((value, row) => 10 * value + 5 * Math.sin(6 * columns[1][row]));
    const noisy = noise(400, 99).map((value, row) => value * 2 + target[row]);
    const half = <T extends Float64Array>(values: T, start: number) => values.subarray(start, start + 200);
    const bins = findBins(
      columns.map((values) => half(values, 0)),
      255,
    );
    const train = trainingSet(
      columns.map((values) => half(values, 0)),
      half(noisy, 0),
    );
    const test = binRows(
      bins,
      columns.map((values) => half(values, 200)),
      200,
    );
    for (const maxFeatures of [1, 3, 8]) {
      const errors = growers.map(({ grow }) => {
        const { trees } = grow(train, { ...exhaustive, bootstrap: true, maxFeatures }, 200);
        return squaredError(half(noisy, 200), predictMean(trees, test), null);
      });
      expect(errors[0] / errors[1]).toBeGreaterThan(0.95);
      expect(errors[0] / errors[1]).toBeLessThan(1.05);
    }
  });
});

describe("threads", () => {
  const rows = 21_000;
  const columns = Array.from({ length: 5 }, (_, feature) =>
    Float64Array.from({ length: rows }, (_, row) => ((row + 1) * (feature + 7) * 48271) % 1009),
  );
  const target = columns[0].map((value, row) => value + columns[1][row] ** 2 / 1000);
  const set = trainingSet(columns, target);
  const params = { ...exhaustive, bootstrap: true, maxFeatures: 2, randomState: 3 };

  it("do not change the forest", () => {
    const alone = growForest(set, params, 14, 1);
    for (const threads of [2, 3]) expect(growForest(set, params, 14, threads)).toEqual(alone);
  });
});
