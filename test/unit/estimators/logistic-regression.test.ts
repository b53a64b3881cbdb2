import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogisticRegression } from "../../../runner/estimators/logistic-regression.ts";
import { InvalidOptionError } from "../../../runner/estimators/option.ts";
import { numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

describe("LogisticRegression", () => {
  it("finds the log odds of two groups when nearly nothing is penalised", () => {
    // x = 0: 3 of 4 are class 1; x = 1: 1 of 5.
    const x = Float64Array.of(0, 0, 0, 0, 1, 1, 1, 1, 1);
    const y = Float64Array.of(1, 1, 1, 0, 1, 0, 0, 0, 0);
    const model = new LogisticRegression({ C: 1e9 }).fit(new Table({ x: numeric(x) }), y);
    const proba = model.predictProba(new Table({ x: numeric(Float64Array.of(0, 1)) }));
    expect([...proba].map((value) => Math.round(value * 1e5) / 1e5)).toEqual([0.25, 0.75, 0.8, 0.2]);
  });

  it("makes the probabilities of each class sum to its rows, as an intercept without penalty must", () => {
    const data = fc.integer({ min: 3, max: 25 }).chain((n) =>
      fc.record({
        x: fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 2 }), {
          minLength: n,
          maxLength: n,
        }),
        y: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: n, maxLength: n }),
        C: fc.constantFrom(0.01, 1, 10),
      }),
    );
    fc.assert(
      fc.property(data, ({ x, y, C }) => {
        const table = new Table({
          a: numeric(Float64Array.from(x, (row) => row[0])),
          b: numeric(Float64Array.from(x, (row) => 1000 * row[1])),
        });
        const model = new LogisticRegression({ C, tol: 1e-9 }).fit(table, Float64Array.from(y));
        const proba = model.predictProba(table);
        const k = model.numClasses;
        for (let c = 0; c < k; c++) {
          const sum = y.reduce((total, _, row) => total + proba[row * k + c], 0);
          expect(sum).toBeCloseTo(y.filter((value) => value === c).length, 4);
        }
      }),
    );
  });

  it("needs no more steps when a feature is measured in other units", () => {
    const n = 40;
    const x = Float64Array.from({ length: n }, (_, row) => Math.sin(row * 12.9898) * 3);
    const y = x.map((value, row) => (value + Math.cos(row * 78.233) > 0 ? 1 : 0));
    const steps = [1, 1e6, 1e-6].map((unit) => {
      const table = new Table({ x: numeric(x.map((value) => value * unit + 5 * unit)) });
      return new LogisticRegression({ C: Number.POSITIVE_INFINITY }).fit(table, y).numIterations;
    });
    expect(new Set(steps).size).toBe(1);
  });

  it("gives the only class probability 1", () => {
    const table = new Table({ x: numeric(Float64Array.of(1, 2)) });
    const model = new LogisticRegression().fit(table, Float64Array.of(1, 1));
    expect(model.numClasses).toBe(2);
    expect([...model.predictProba(table)]).toEqual([0, 1, 0, 1]);
  });

  it("gives a class without rows probability 0", () => {
    const table = new Table({ x: numeric(Float64Array.of(1, 2, 3, 4)) });
    const model = new LogisticRegression().fit(table, Float64Array.of(0, 0, 2, 2));
    const proba = model.predictProba(table);
    for (let row = 0; row < 4; row++) expect(proba[row * 3 + 1]).toBe(0);
    expect([...model.predict(table)]).toEqual([0, 0, 2, 2]);
  });

  it("stops at maxIter for separable classes without a penalty, with finite answers", () => {
    const table = new Table({ x: numeric(Float64Array.of(-2, -1, 1, 2)) });
    const model = new LogisticRegression({ C: Number.POSITIVE_INFINITY, maxIter: 7, tol: 0 });
    model.fit(table, Float64Array.of(0, 0, 1, 1));
    expect(model.numIterations).toBeLessThanOrEqual(7);
    expect(model.predictProba(table).every(Number.isFinite)).toBe(true);
    expect([...model.predict(table)]).toEqual([0, 0, 1, 1]);
  });

  it("refuses targets that are no class numbers, and options that make no sense", () => {
    const table = new Table({ x: numeric(Float64Array.of(1, 2)) });
    expect(() => new LogisticRegression().fit(table, Float64Array.of(0.5, 1))).toThrow(/row 0 is 0.5, not a class/);
    expect(() => new LogisticRegression().fit(table, Float64Array.of(0, -1))).toThrow(/row 1 is -1/);
    for (const options of [{ C: 0 }, { C: -1 }, { maxIter: 0 }, { maxIter: 1.5 }, { tol: -1 }]) {
      expect(() => new LogisticRegression(options)).toThrow(InvalidOptionError);
    }
  });
});
