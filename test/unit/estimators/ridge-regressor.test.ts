import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "../../../runner/estimators/option.ts";
import { RidgeRegressor } from "../../../runner/estimators/ridge-regressor.ts";
import { InvalidInputError } from "../../../runner/estimators/training-input.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

const small = fc.integer({ min: -20, max: 20 });

describe("RidgeRegressor", () => {
  it("solves one feature by the formula sum xy / (sum xx + alpha) of centred values", () => {
    const x = Float64Array.of(1, 2, 3, 6);
    const y = Float64Array.of(2, 3, 7, 8);
    const model = new RidgeRegressor({ alpha: 2 }).fit(new Table({ x: numeric(x) }), y);
    // Means 3 and 5: sum xy = 6 + 2 + 0 + 9, sum xx = 4 + 1 + 0 + 9.
    expect(model.coefficients.x).toBeCloseTo(17 / 16, 12);
    expect(model.intercept).toBeCloseTo(5 - (17 / 16) * 3, 12);
    expect(model.predict(new Table({ x: numeric(Float64Array.of(4)) }))[0]).toBeCloseTo(5 + 17 / 16, 12);
  });

  it("is where the derivative of the penalised squares is 0, for any data", () => {
    const rows = fc.integer({ min: 2, max: 12 }).chain((n) =>
      fc.record({
        columns: fc.array(fc.array(small, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 4 }),
        y: fc.array(small, { minLength: n, maxLength: n }),
        weight: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: n, maxLength: n }),
        alpha: fc.constantFrom(0.1, 1, 50),
      }),
    );
    fc.assert(
      fc.property(rows, ({ columns, y, weight, alpha }) => {
        fc.pre(weight.some((value) => value > 0));
        const table = new Table(columns.map((values, j) => [`x${j}`, numeric(Float64Array.from(values))] as const));
        const sampleWeight = Float64Array.from(weight);
        const model = new RidgeRegressor({ alpha }).fit(table, Float64Array.from(y), { sampleWeight });
        const residual = model.predict(table).map((value, row) => weight[row] * (y[row] - value));
        expect(residual.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 6);
        for (let j = 0; j < columns.length; j++) {
          const pull = residual.reduce((sum, value, row) => sum + value * columns[j][row], 0);
          expect(pull - alpha * model.coefficients[`x${j}`]).toBeCloseTo(0, 6);
        }
      }),
    );
  });

  it("gives a constant column no part, also when its mean is rounded", () => {
    const n = 30;
    const table = new Table({
      constant: numeric(new Float64Array(n).fill(0.1)),
      x: numeric(Float64Array.from({ length: n }, (_, row) => row)),
    });
    const y = table.numbers("x").map((value) => 2 * value + 1);
    const model = new RidgeRegressor({ alpha: 0 }).fit(table, y);
    expect(model.coefficients.constant).toBe(0);
    expect(model.coefficients.x).toBeCloseTo(2, 10);
    expect(model.featureImportances).toEqual({ constant: 0, x: 1 });
  });

  it("shares the coefficient between equal columns when there is no penalty", () => {
    const x = Float64Array.of(1, 2, 3, 5);
    const table = new Table({ a: numeric(x), b: numeric(x) });
    const model = new RidgeRegressor({ alpha: 0 }).fit(
      table,
      x.map((value) => 4 * value - 3),
    );
    expect(model.coefficients.a).toBeCloseTo(2, 9);
    expect(model.coefficients.b).toBeCloseTo(2, 9);
    expect(model.intercept).toBeCloseTo(-3, 9);
  });

  it("does not blow up coefficients of columns that are collinear but for rounding", () => {
    for (let k = 1; k < 12; k++) {
      const n = 30 + k;
      const a = Float64Array.from({ length: n }, (_, row) => ((row * 37) % 23) / 7);
      const c = Float64Array.from({ length: n }, (_, row) => ((row * 17) % 29) / 3);
      const b = a.map((value, row) => value * 0.1 * k + c[row] * 0.7 + 1.1);
      const table = new Table({ a: numeric(a), b: numeric(b), c: numeric(c) });
      const y = a.map((value, row) => value + c[row] + Math.sin(row * 99));
      const { coefficients } = new RidgeRegressor({ alpha: 0 }).fit(table, y);
      for (const coefficient of Object.values(coefficients)) expect(Math.abs(coefficient)).toBeLessThan(1);
    }
  });

  it("works with columns of very different scale", () => {
    const n = 50;
    const day = Float64Array.from({ length: n }, (_, row) => row);
    const time = day.map((value) => 1.7e12 + 86_400_000 * ((value * 7) % 50));
    const table = new Table({ day: numeric(day), time: numeric(time, "timestamp") });
    const y = day.map((value, row) => 3 * value + 1e-9 * (time[row] - 1.7e12));
    const predicted = new RidgeRegressor({ alpha: 0 }).fit(table, y).predict(table);
    for (let row = 0; row < n; row++) expect(predicted[row]).toBeCloseTo(y[row], 6);
  });

  it("predicts the weighted mean without features", () => {
    const model = new RidgeRegressor().fit(new Table({}, 2), Float64Array.of(1, 5), {
      sampleWeight: Float64Array.of(3, 1),
    });
    expect([...model.predict(new Table({}, 3))]).toEqual([2, 2, 2]);
  });

  it("names the column that has text or gaps, and says what to do", () => {
    const y = Float64Array.of(1, 2);
    const text = new Table({ store: categoricalOf(["a", "b"]) });
    expect(() => new RidgeRegressor().fit(text, y)).toThrow(/"store" holds text; encode it first/);
    const gaps = new Table({ price: numeric(Float64Array.of(1, Number.NaN)) });
    expect(() => new RidgeRegressor().fit(gaps, y)).toThrow(/"price" has missing .*row 1.*SimpleImputer/);
    const model = new RidgeRegressor().fit(new Table({ price: numeric(y) }), y);
    expect(() => model.predict(new Table({ cost: numeric(y) }))).toThrow(InvalidInputError);
  });

  it("refuses options and weights that make no sense", () => {
    expect(() => new RidgeRegressor({ alpha: -1 })).toThrow(InvalidOptionError);
    expect(() => new RidgeRegressor({ alpha: Number.NaN })).toThrow(/alpha must be a number of at least 0, not NaN/);
    const table = new Table({ x: numeric(Float64Array.of(1, 2)) });
    const weighted = (weights: number[]) =>
      new RidgeRegressor().fit(table, Float64Array.of(1, 2), { sampleWeight: Float64Array.from(weights) });
    for (const weights of [[1], [-1, 1], [0, 0], [Number.NaN, 1]])
      expect(() => weighted(weights)).toThrow(InvalidInputError);
  });
});
