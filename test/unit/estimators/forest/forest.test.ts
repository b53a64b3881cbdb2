import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isClassifier } from "../../../../runner/estimators/estimator.ts";
import { RandomForestClassifier, RandomForestRegressor } from "../../../../runner/estimators/forest/index.ts";
import type { ModelState } from "../../../../runner/estimators/state.ts";
import { InvalidInputError } from "../../../../runner/estimators/training-input.ts";
import { categoricalOf, numeric } from "../../../../runner/table/column.ts";
import { Table } from "../../../../runner/table/table.ts";
import { noise } from "./growing.ts";

const ROWS = 300;

/** Six columns, of which the first three matter; the last has gaps. */
function rowsOf(seed: number, numRows = ROWS): Table {
  const columns = Array.from({ length: 6 }, (_, i) => [`x${i}`, numeric(noise(numRows, 10 * seed + i))] as const);
  const gaps = noise(numRows, 10 * seed + 7);
  const last = columns[5][1].values.map((value, row) => (gaps[row] < 0.3 ? Number.NaN : value));
  return new Table([...columns.slice(0, 5), ["x5", numeric(last)]]);
}

function targetOf(rows: Table): Float64Array {
  const [a, b, c] = ["x0", "x1", "x2"].map((name) => rows.numbers(name));
  return a.map((value, row) => 10 * value + 5 * Math.sin(6 * b[row]) + 3 * c[row] ** 2);
}

function r2(predicted: Float64Array, actual: Float64Array): number {
  const mean = actual.reduce((sum, value) => sum + value, 0) / actual.length;
  const squares = (centre: (row: number) => number) =>
    actual.reduce((sum, value, row) => sum + (value - centre(row)) ** 2, 0);
  return 1 - squares((row) => predicted[row]) / squares(() => mean);
}

const train = rowsOf(1);
const target = targetOf(train);
const later = rowsOf(2);
const laterTarget = targetOf(later);

describe("RandomForestRegressor", () => {
  it("learns a smooth function and says which columns matter", () => {
    const forest = new RandomForestRegressor().fit(train, target);
    expect(r2(forest.predict(later), laterTarget)).toBeGreaterThan(0.85);
    const { x0, x1, x2, x3, x4, x5 } = forest.featureImportances;
    expect(Math.min(x0, x1)).toBeGreaterThan(x2);
    expect(x2).toBeGreaterThan(Math.max(x3, x4, x5));
  });

  it("is as good whatever the order of the columns", () => {
    const reversed = train.select(train.names.reverse());
    const forest = new RandomForestRegressor().fit(reversed, target);
    expect(r2(forest.predict(later), laterTarget)).toBeGreaterThan(0.85);
  });

  it("grows another forest for another seed, and the same for the same", () => {
    const predictions = [0, 0, 1].map((randomState) =>
      new RandomForestRegressor({ randomState, nEstimators: 10 }).fit(train, target).predict(later),
    );
    expect(predictions[1]).toEqual(predictions[0]);
    expect(predictions[2]).not.toEqual(predictions[0]);
  });

  it("grows the first trees of a larger forest", () => {
    const [few, many] = [10, 20].map((nEstimators) => {
      const state = new RandomForestRegressor({ nEstimators }).fit(train, target).toState();
      return (state as { trees: { features: Uint16Array } }).trees.features;
    });
    expect(many.slice(0, few.length)).toEqual(few);
  });

  it("learns from what is missing", () => {
    const present = noise(ROWS, 5).map((value) => (value < 0.5 ? 1 : Number.NaN));
    const rows = new Table({ a: numeric(noise(ROWS, 6)), b: numeric(present) });
    const effect = present.map((value) => (Number.isNaN(value) ? 5 : -5));
    const forest = new RandomForestRegressor({ maxFeatures: null }).fit(rows, effect);
    expect(forest.predict(rows)).toEqual(effect);
  });

  it("predicts where a value is missing that never was in training, as the larger child does", () => {
    const rows = new Table({ a: numeric(Float64Array.from({ length: 40 }, (_, row) => row)) });
    const steps = Float64Array.from({ length: 40 }, (_, row) => (row < 10 ? 1 : 2));
    const forest = new RandomForestRegressor({ bootstrap: false, nEstimators: 1 }).fit(rows, steps);
    expect(forest.predict(new Table({ a: numeric(Float64Array.of(Number.NaN)) }))).toEqual(Float64Array.of(2));
  });

  it("takes a whole weight as so many rows when there is no bootstrap", () => {
    const weight = Float64Array.from({ length: ROWS }, (_, row) => row % 3);
    const copies = [...weight.keys()].flatMap((row) => Array<number>(weight[row]).fill(row));
    const options = { bootstrap: false, maxFeatures: null, maxDepth: 4, nEstimators: 1 } as const;
    const weighted = new RandomForestRegressor(options).fit(train, target, { sampleWeight: weight });
    const repeated = new RandomForestRegressor(options).fit(
      train.take(Int32Array.from(copies)),
      Float64Array.from(copies, (row) => target[row]),
    );
    expect(r2(weighted.predict(later), repeated.predict(later))).toBeGreaterThan(0.97);
  });

  it("learns nothing from rows without weight", () => {
    const weight = Float64Array.from({ length: ROWS }, (_, row) => (row < 150 ? 1 : 0));
    const wild = target.map((value, row) => (row < 150 ? value : 1e9));
    const forest = new RandomForestRegressor().fit(train, wild, { sampleWeight: weight });
    expect(Math.max(...forest.predict(later))).toBeLessThan(100);
    const alone = new Float64Array(ROWS);
    alone[7] = 0.5;
    const one = new RandomForestRegressor().fit(train, target, { sampleWeight: alone });
    for (const value of one.predict(later)) expect(value).toBeCloseTo(target[7], 12);
  });

  it("stays within the targets it has seen, however large or small they are", () => {
    for (const scale of [1e-300, 1, 1e300]) {
      const scaled = target.map((value) => value * scale);
      const predicted = new RandomForestRegressor({ nEstimators: 20 }).fit(train, scaled).predict(later);
      expect(Math.min(...predicted)).toBeGreaterThanOrEqual(Math.min(...scaled));
      expect(Math.max(...predicted)).toBeLessThanOrEqual(Math.max(...scaled));
      expect(
        r2(
          predicted.map((value) => value / scale),
          laterTarget,
        ),
      ).toBeGreaterThan(0.75);
    }
  });

  it("bears an outlier among the targets", () => {
    const wild = target.with(3, 1e200);
    const forest = new RandomForestRegressor({ nEstimators: 20, bootstrap: false, maxFeatures: null }).fit(train, wild);
    const predicted = forest.predict(train);
    expect(predicted[3] / 1e200).toBeCloseTo(1, 12);
    expect(predicted.every(Number.isFinite)).toBe(true);
  });

  it("refuses text, columns that are gone, and infinite targets", () => {
    const text = train.with({ store: categoricalOf(Array<string>(ROWS).fill("a")) });
    expect(() => new RandomForestRegressor().fit(text, target)).toThrow('column "store" holds text');
    const forest = new RandomForestRegressor({ nEstimators: 2 }).fit(train, target);
    expect(() => forest.predict(later.drop(["x3"]))).toThrow('fitted on column "x3"');
    expect(() => new RandomForestRegressor().fit(train, target.with(0, Number.POSITIVE_INFINITY))).toThrow(
      InvalidInputError,
    );
    expect(() => new RandomForestRegressor().fit(new Table({}, ROWS), target)).toThrow("without features");
  });

  it("predicts bit for bit the same after a round trip, whatever it was fitted on", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }).chain((rows) =>
          fc.record({
            columns: fc.array(fc.float64Array({ minLength: rows, maxLength: rows }), { minLength: 1, maxLength: 4 }),
            target: fc.float64Array({ minLength: rows, maxLength: rows, noNaN: true, noDefaultInfinity: true }),
          }),
        ),
        ({ columns, target }) => {
          const table = new Table(columns.map((values, i) => [`x${i}`, numeric(values)]));
          const forest = new RandomForestRegressor({ nEstimators: 5 }).fit(table, target);
          const restored = RandomForestRegressor.fromState(structuredClone(forest.toState()));
          expect(restored.predict(table)).toEqual(forest.predict(table));
          expect(restored.toState()).toEqual(forest.toState());
        },
      ),
    );
  });

  it("is small in a model file: some 11 bytes a leaf", () => {
    const sizeOf = (state: ModelState): number =>
      ArrayBuffer.isView(state)
        ? state.byteLength
        : typeof state === "object" && state !== null
          ? Object.values(state).reduce<number>((sum, part) => sum + sizeOf(part), 0)
          : 8;
    const state = new RandomForestRegressor().fit(train, target).toState() as {
      trees: { leafStarts: Int32Array; leafNumbers: Uint16Array };
    };
    const numLeaves = state.trees.leafStarts[100];
    expect(state.trees.leafNumbers.length).toBe(numLeaves);
    expect(sizeOf(state) / numLeaves).toBeLessThan(11);
  });

  it("says that a damaged state is damaged", () => {
    const state = new RandomForestRegressor({ nEstimators: 3 }).fit(train, target).toState();
    const broken = (change: (trees: Record<string, Int32Array>) => void): ModelState => {
      const copy = structuredClone(state) as Record<string, ModelState>;
      change(copy.trees as unknown as Record<string, Int32Array>);
      return copy;
    };
    const changes: ((trees: Record<string, Int32Array>) => void)[] = [
      (trees) => trees.children.fill(0),
      (trees) => trees.children.fill(1_000_000),
      (trees) => trees.children.fill(-1_000_000),
      (trees) => trees.features.fill(6),
      (trees) => trees.nodeStarts.fill(3),
      (trees) => trees.leafNumbers.fill(65_535),
      (trees) => {
        trees.leafNumbers = trees.leafNumbers.slice(1);
      },
    ];
    for (const change of changes) {
      expect(() => RandomForestRegressor.fromState(broken(change))).toThrow("damaged");
    }
    expect(() => RandomForestRegressor.fromState({})).toThrow(TypeError);
  });
});

describe("RandomForestClassifier", () => {
  const classes = (rows: Table, numClasses: number) =>
    targetOf(rows).map((value) => Math.min(numClasses - 1, Math.max(0, Math.floor(((value + 5) * numClasses) / 20))));

  it.each([2, 3, 7])("learns %i classes", (numClasses) => {
    const forest = new RandomForestClassifier().fit(train, classes(train, numClasses));
    const predicted = forest.predict(later);
    const actual = classes(later, numClasses);
    const hits = actual.filter((value, row) => value === predicted[row]).length;
    expect(hits / ROWS).toBeGreaterThan(numClasses === 7 ? 0.6 : 0.8);
    const restored = RandomForestClassifier.fromState(structuredClone(forest.toState()));
    expect(isClassifier(restored)).toBe(true);
    expect(restored.numClasses).toBe(numClasses);
    expect(restored.predictProba(later)).toEqual(forest.predictProba(later));
  });

  it("gives the shares of the weights in a leaf", () => {
    const rows = new Table({ x: numeric(new Float64Array(4)) });
    const labels = Float64Array.of(0, 1, 1, 2);
    const sampleWeight = Float64Array.of(1, 2, 3, 4);
    const forest = new RandomForestClassifier({ bootstrap: false }).fit(rows, labels, { sampleWeight });
    const proba = forest.predictProba(rows.slice(0, 1));
    for (const [k, share] of [0.1, 0.5, 0.4].entries()) expect(proba[k]).toBeCloseTo(share, 12);
  });

  it("knows a single class", () => {
    const forest = new RandomForestClassifier().fit(train, new Float64Array(ROWS));
    expect(forest.numClasses).toBe(1);
    expect(new Set(forest.predictProba(later))).toEqual(new Set([1]));
  });

  it("does not depend on what was fitted before", () => {
    const fitAll = () => [
      new RandomForestRegressor({ nEstimators: 5 }).fit(train, target).predict(later),
      new RandomForestClassifier({ nEstimators: 5 }).fit(train, classes(train, 4)).predictProba(later),
      new RandomForestClassifier({ nEstimators: 5 }).fit(train, classes(train, 2)).predictProba(later),
      new RandomForestRegressor({ nEstimators: 5, minSamplesLeaf: 3 }).fit(train, target).predict(later),
    ];
    expect(fitAll()).toEqual(fitAll());
  });

  it("refuses targets that are no class numbers", () => {
    expect(() => new RandomForestClassifier().fit(train, target)).toThrow("not a class number");
    expect(() => new RandomForestClassifier().fit(train, new Float64Array(ROWS).fill(-1))).toThrow(InvalidInputError);
  });
});
