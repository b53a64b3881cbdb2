import { describe, expect, it } from "vitest";
import {
  type Estimator,
  isClassifier,
  isTransformer,
  NotFittedError,
  type Transformer,
} from "../../../runner/estimators/estimator.ts";
import { decodeModel, encodeModel } from "../../../runner/estimators/model-file.ts";
import {
  restoreEstimator,
  restoreTransformer,
  saveEstimator,
  type UserClasses,
} from "../../../runner/estimators/registry.ts";
import { type Column, categorical, categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

/** What a check needs to know of an estimator; everything else must hold for all. */
export interface EstimatorTraits {
  readonly task: "regression" | "classification";
  /** Whether a weight of 2 is the same as the row twice. */
  readonly weightsRepeat?: boolean;
  /** Whether it takes sample weights at all. Default true. */
  readonly takesWeights?: boolean;
  readonly classes?: UserClasses;
}

/** Numbers that look random but are the same everywhere: a 32-bit linear congruential generator. */
function noise(length: number, seed: number): Float64Array {
  let state = seed >>> 0;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** `n` rows of three informative columns, one constant and one collinear. */
function trainingRows(n: number, seed = 1): Table {
  const first = noise(n, seed);
  return new Table({
    price: numeric(first.map((value) => 5 + 2 * value)),
    visits: numeric(
      noise(n, seed + 1).map((value) => Math.round(50 + 40 * value)),
      "integer",
    ),
    deal: numeric(
      noise(n, seed + 2).map((value) => (value > 0 ? 1 : 0)),
      "boolean",
    ),
    constant: numeric(new Float64Array(n).fill(0.1)),
    cents: numeric(first.map((value) => 100 * (5 + 2 * value))),
  });
}

function targetOf(rows: Table, task: EstimatorTraits["task"]): Float64Array {
  const [price, visits, deal] = ["price", "visits", "deal"].map((name) => rows.numbers(name));
  const values = price.map((value, row) => 3 * value - 0.05 * visits[row] + 2 * deal[row]);
  return task === "regression" ? values : values.map((value) => (value > 15 ? 2 : value > 12 ? 1 : 0));
}

function reversed(rows: Table): Table {
  return rows.select(rows.names.reverse());
}

function copyOf(rows: Table): Record<string, Column> {
  return Object.fromEntries([...rows.entries()].map(([name, column]) => [name, structuredClone(column)]));
}

/** Everything that an estimator says about rows. */
function predictionsOf(estimator: Estimator, rows: Table): Float64Array[] {
  return isClassifier(estimator) ? [estimator.predict(rows), estimator.predictProba(rows)] : [estimator.predict(rows)];
}

/**
 * Declares the tests that every estimator must pass, after scikit-learn's `check_estimator`.
 * @param make a new, unfitted estimator with a fixed seed.
 */
export function checkEstimator(name: string, make: () => Estimator, traits: EstimatorTraits): void {
  const { task, weightsRepeat = false, takesWeights = true, classes = [] } = traits;
  const rows = trainingRows(60);
  const target = targetOf(rows, task);
  const later = trainingRows(25, 77);

  describe(`${name} keeps the contract of estimators`, () => {
    it("stores plain parameters in the constructor and does not change them in fit", () => {
      const estimator = make();
      const params = estimator.getParams();
      for (const value of Object.values(params)) {
        expect(value === null || ["string", "number", "boolean"].includes(typeof value)).toBe(true);
      }
      estimator.fit(rows, target);
      expect(estimator.getParams()).toEqual(params);
      expect(make().getParams()).toEqual(params);
    });

    it("says that it is not fitted", () => {
      expect(() => make().predict(rows)).toThrow(NotFittedError);
      expect(() => make().toState()).toThrow(NotFittedError);
    });

    it("returns itself from fit and predicts one finite value a row", () => {
      const estimator = make();
      expect(estimator.fit(rows, target)).toBe(estimator);
      const predictions = estimator.predict(later);
      expect(predictions).toBeInstanceOf(Float64Array);
      expect(predictions.length).toBe(later.numRows);
      expect(predictions.every(Number.isFinite)).toBe(true);
      expect(estimator.predict(later.slice(0, 0)).length).toBe(0);
    });

    it("gives the same predictions for the same input, also when fitted again", () => {
      const estimator = make().fit(rows, target);
      const first = predictionsOf(estimator, later);
      expect(predictionsOf(estimator, later)).toEqual(first);
      expect(predictionsOf(estimator.fit(rows, target), later)).toEqual(first);
      expect(predictionsOf(make().fit(rows, target), later)).toEqual(first);
    });

    it("forgets the first fit in the second", () => {
      const other = trainingRows(30, 5);
      const twice = make().fit(other, targetOf(other, task)).fit(rows, target);
      expect(predictionsOf(twice, later)).toEqual(predictionsOf(make().fit(rows, target), later));
    });

    it("does not change its input", () => {
      const rowsBefore = copyOf(rows);
      const laterBefore = copyOf(later);
      const targetBefore = target.slice();
      const estimator = make().fit(rows, target);
      estimator.predict(later);
      expect(Object.fromEntries(rows.entries())).toEqual(rowsBefore);
      expect(Object.fromEntries(later.entries())).toEqual(laterBefore);
      expect(target).toEqual(targetBefore);
    });

    it("does not keep a hold on its input", () => {
      const table = trainingRows(60);
      const values = target.slice();
      const estimator = make().fit(table, values);
      const before = predictionsOf(estimator, later);
      for (const [, column] of table.numericColumns()) column.values.fill(0);
      values.fill(0);
      expect(predictionsOf(estimator, later)).toEqual(before);
    });

    it("predicts bit for bit the same after a round trip through a model file", () => {
      const estimator = make().fit(rows, target);
      const bytes = encodeModel(saveEstimator(estimator));
      const restored = restoreEstimator(decodeModel(bytes), classes);
      expect(restored.constructor).toBe(estimator.constructor);
      expect(restored.getParams()).toEqual(estimator.getParams());
      expect(predictionsOf(restored, later)).toEqual(predictionsOf(estimator, later));
      expect(restored.featureImportances).toEqual(estimator.featureImportances);
      expect(encodeModel(saveEstimator(restored))).toEqual(bytes);
    });

    it("finds columns by name, in any order and among others", () => {
      const estimator = make().fit(rows, target);
      const more = reversed(later).with({ other: categoricalOf(Array(later.numRows).fill("x")) });
      expect(predictionsOf(estimator, more)).toEqual(predictionsOf(estimator, later));
    });

    it("predicts a row alone as among others", () => {
      if (name === "SeasonalNaive") return;
      const estimator = make().fit(rows, target);
      expect(estimator.predict(later.slice(3, 4))[0]).toBe(estimator.predict(later)[3]);
    });

    it("learns from one row, two rows, constant columns and a constant target", () => {
      for (const n of [1, 2]) {
        const few = rows.slice(0, n);
        expect(make().fit(few, target.slice(0, n)).predict(later).every(Number.isFinite)).toBe(true);
      }
      const constant = new Table({ a: numeric(new Float64Array(10).fill(3)), b: numeric(new Float64Array(10)) });
      const steps = Float64Array.from({ length: 10 }, (_, row) => row % 3);
      expect(make().fit(constant, steps).predict(constant).every(Number.isFinite)).toBe(true);
      const always = make().fit(rows, new Float64Array(rows.numRows).fill(1)).predict(later);
      for (const value of always) expect(value).toBeCloseTo(1, 10);
    });

    it("refuses no rows, targets that are missing and targets of another length", () => {
      expect(() => make().fit(rows.slice(0, 0), new Float64Array(0))).toThrow(Error);
      expect(() => make().fit(rows, target.slice(1))).toThrow(Error);
      expect(() => make().fit(rows, target.with(3, Number.NaN))).toThrow(Error);
    });

    it("has importances that sum to 1, by feature name, if any", () => {
      const importances = make().fit(rows, target).featureImportances;
      if (importances === undefined) return;
      expect(Object.keys(importances).sort()).toEqual(rows.names.sort());
      const sum = Object.values(importances).reduce((total, value) => total + value, 0);
      expect(sum).toBeCloseTo(1, 9);
      expect(importances.constant).toBe(0);
      const nothing = make().fit(rows, new Float64Array(rows.numRows).fill(1)).featureImportances ?? {};
      for (const value of Object.values(nothing)) expect(value).toBeCloseTo(0, 9);
    });

    if (task === "classification") {
      it("gives probabilities that sum to 1 and predicts the most probable class", () => {
        const estimator = make().fit(rows, target);
        if (!isClassifier(estimator)) throw new Error(`${name} has no predictProba`);
        expect(estimator.numClasses).toBe(3);
        const proba = estimator.predictProba(later);
        const classes = estimator.predict(later);
        expect(proba.length).toBe(later.numRows * 3);
        for (let row = 0; row < later.numRows; row++) {
          const shares = [...proba.subarray(row * 3, row * 3 + 3)];
          expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
          expect(shares[0] + shares[1] + shares[2]).toBeCloseTo(1, 9);
          expect(shares[classes[row]]).toBe(Math.max(...shares));
        }
      });

      it("never predicts a class without rows", () => {
        const gap = target.map((value) => (value === 1 ? 0 : value));
        const estimator = make().fit(rows, gap);
        expect(estimator.predict(later).every((value) => value === 0 || value === 2)).toBe(true);
      });
    }

    if (takesWeights) {
      it("takes weights of 1 as none", () => {
        const ones = new Float64Array(rows.numRows).fill(1);
        const [weighted] = predictionsOf(make().fit(rows, target, { sampleWeight: ones }), later);
        const [plain] = predictionsOf(make().fit(rows, target), later);
        for (let row = 0; row < plain.length; row++) expect(weighted[row]).toBeCloseTo(plain[row], 9);
      });
    }

    if (weightsRepeat) {
      it("takes a whole weight as so many copies of the row, 0 as none", () => {
        const weight = Float64Array.from({ length: rows.numRows }, (_, row) => row % 4);
        const copies: number[] = [];
        for (let row = 0; row < rows.numRows; row++) for (let copy = 0; copy < weight[row]; copy++) copies.push(row);
        const weighted = predictionsOf(make().fit(rows, target, { sampleWeight: weight }), later);
        const repeated = predictionsOf(
          make().fit(
            rows.take(Int32Array.from(copies)),
            Float64Array.from(copies, (row) => target[row]),
          ),
          later,
        );
        for (let part = 0; part < weighted.length; part++) {
          for (let i = 0; i < weighted[part].length; i++) expect(weighted[part][i]).toBeCloseTo(repeated[part][i], 5);
        }
      });
    }
  });
}

/** Text, numbers with gaps, a constant and an empty column. */
function mixedRows(n: number, seed: number, levels: readonly string[]): Table {
  const choice = noise(n, seed);
  const pick = (value: number) => Math.min(levels.length - 1, Math.floor(((value + 1) / 2) * levels.length));
  return new Table({
    store: categorical(
      Int32Array.from(choice, (value, row) => (row % 7 === 5 ? -1 : pick(value))),
      levels,
    ),
    price: numeric(noise(n, seed + 1).map((value, row) => (row % 5 === 2 ? Number.NaN : 5 + 2 * value))),
    visits: numeric(
      noise(n, seed + 2).map((value) => Math.round(50 + 40 * value)),
      "integer",
    ),
    constant: numeric(new Float64Array(n).fill(0.1)),
    empty: numeric(new Float64Array(n).fill(Number.NaN)),
  });
}

/** Columns as text, so that equal tables with other code tables are equal. */
function readable(table: Table): Record<string, unknown[]> {
  return Object.fromEntries(
    [...table.entries()].map(([name, column]) => [
      name,
      column.kind === "numeric"
        ? [...column.values]
        : Array.from(column.codes, (code) => column.categories[code] ?? null),
    ]),
  );
}

export interface TransformerTraits {
  /** Whether missing numbers are an error. Default false. */
  readonly needsFinite?: boolean;
  readonly classes?: UserClasses;
}

/** Declares the tests that every transformer must pass. @param make a new, unfitted transformer. */
export function checkTransformer(name: string, make: () => Transformer, traits: TransformerTraits = {}): void {
  const { needsFinite = false, classes = [] } = traits;
  const levels = ["b", "a", "d", "c"];
  const suited = (table: Table) => (needsFinite ? table.drop(["price", "empty"]) : table);
  const rows = suited(mixedRows(60, 3, levels));
  const later = suited(mixedRows(25, 9, levels));

  describe(`${name} keeps the contract of transformers`, () => {
    it("stores plain parameters in the constructor and does not change them in fit", () => {
      const transformer = make();
      const params = transformer.getParams();
      for (const value of Object.values(params)) {
        expect(value === null || ["string", "number", "boolean"].includes(typeof value)).toBe(true);
      }
      transformer.fit(rows);
      expect(transformer.getParams()).toEqual(params);
    });

    it("says that it is not fitted", () => {
      expect(() => make().transform(rows)).toThrow(NotFittedError);
      expect(() => make().toState()).toThrow(NotFittedError);
    });

    it("returns itself from fit, is a transformer and keeps the number of rows", () => {
      const transformer = make();
      expect(isTransformer(transformer)).toBe(true);
      expect(transformer.fit(rows)).toBe(transformer);
      expect(transformer.transform(later).numRows).toBe(later.numRows);
      expect(transformer.transform(later.slice(0, 0)).numRows).toBe(0);
    });

    it("gives the same output for the same input", () => {
      const transformer = make().fit(rows);
      const first = readable(transformer.transform(later));
      expect(readable(transformer.transform(later))).toEqual(first);
      expect(readable(make().fit(rows).transform(later))).toEqual(first);
    });

    it("does not change its input", () => {
      const before = copyOf(rows);
      const laterBefore = copyOf(later);
      make().fit(rows).transform(later);
      expect(Object.fromEntries(rows.entries())).toEqual(before);
      expect(Object.fromEntries(later.entries())).toEqual(laterBefore);
    });

    it("transforms bit for bit the same after a round trip through a model file", () => {
      const transformer = make().fit(rows);
      const bytes = encodeModel(saveEstimator(transformer));
      const restored = restoreTransformer(decodeModel(bytes), classes);
      expect(restored.constructor).toBe(transformer.constructor);
      expect(restored.getParams()).toEqual(transformer.getParams());
      expect(readable(restored.transform(later))).toEqual(readable(transformer.transform(later)));
      expect(restored.featureSources).toEqual(transformer.featureSources);
      expect(encodeModel(saveEstimator(restored))).toEqual(bytes);
    });

    it("knows categories by their text, not by their code", () => {
      const store = later.get("store");
      if (store.kind !== "categorical") throw new Error("store is text");
      const otherLevels = ["z", "d", "unused", "c", "a", "b"];
      const codes = store.codes.map((code) => (code < 0 ? -1 : otherLevels.indexOf(store.categories[code])));
      const recoded = later.with({ store: categorical(codes, otherLevels) });
      const transformer = make().fit(rows);
      expect(readable(transformer.transform(recoded))).toEqual(readable(transformer.transform(later)));
    });

    it("finds columns by name in any order and lets those pass that training did not have", () => {
      const transformer = make().fit(rows);
      const more = reversed(later).with({ other: categoricalOf(Array(later.numRows).fill("x")) });
      const { other, ...known } = readable(transformer.transform(more));
      expect(other).toEqual(Array(later.numRows).fill("x"));
      expect(known).toEqual(readable(transformer.transform(later)));
    });

    it("names a column that is gone", () => {
      const transformer = make().fit(rows);
      const touched = rows.names.filter((column) => {
        try {
          transformer.transform(later.drop([column]));
          return false;
        } catch (error) {
          expect(String(error)).toContain(column);
          return true;
        }
      });
      expect(touched).not.toEqual([]);
    });

    it("learns from one row", () => {
      expect(make().fit(rows.slice(0, 1)).transform(later).numRows).toBe(later.numRows);
    });

    it("derives its new columns from columns of the input", () => {
      const transformer = make().fit(rows);
      const output = new Set(transformer.transform(later).names);
      for (const [derived, source] of Object.entries(transformer.featureSources ?? {})) {
        expect(output.has(derived)).toBe(true);
        expect(rows.has(source)).toBe(true);
      }
    });
  });
}
