import { RandomForestClassifier, RandomForestRegression } from "ml-random-forest";
import { describe, expect, it } from "vitest";
import { MlRandomForestClassifier, MlRandomForestRegressor } from "../../../runner/estimators/ml-random-forest.ts";
import { InvalidOptionError } from "../../../runner/estimators/option.ts";
import { numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

const n = 40;
const a = Float64Array.from({ length: n }, (_, row) => (row * 7) % 11);
const b = Float64Array.from({ length: n }, (_, row) => (row * 5) % 13);
const table = new Table({ a: numeric(a), b: numeric(b) });
const rows = Array.from(a, (value, row) => [value, b[row]]);
const y = a.map((value, row) => value * value + b[row]);
const classes = y.map((value) => (value > 60 ? 2 : value > 20 ? 1 : 0));
const library = { nEstimators: 7, maxFeatures: 1, replacement: false, seed: 3, useSampleBagging: true, noOOB: true };

describe("the forests of ml-random-forest", () => {
  it("predict what the library itself predicts", () => {
    const forest = new RandomForestRegression(library);
    forest.train(rows, [...y]);
    const model = new MlRandomForestRegressor({ nEstimators: 7, seed: 3 }).fit(table, y);
    expect([...model.predict(table)]).toEqual(forest.predict(rows));
  });

  it("predict the library's classes, with shares of the votes as probabilities", () => {
    const forest = new RandomForestClassifier(library);
    forest.train(rows, [...classes]);
    const model = new MlRandomForestClassifier({ nEstimators: 7, seed: 3 }).fit(table, classes);
    const votes = forest.predictionValues(rows);
    const proba = model.predictProba(table);
    for (let row = 0; row < n; row++) {
      for (let c = 0; c < 3; c++) {
        let share = 0;
        for (let tree = 0; tree < 7; tree++) if (votes.get(row, tree) === c) share += 1 / 7;
        expect(proba[row * 3 + c]).toBeCloseTo(share, 12);
      }
    }
  });

  it("use at least one feature and at most all, whatever maxFeatures says", () => {
    for (const maxFeatures of [0.01, 0.5, 1, 2, 100]) {
      const model = new MlRandomForestRegressor({ nEstimators: 3, maxFeatures }).fit(table, y);
      expect(model.predict(table).every(Number.isFinite)).toBe(true);
    }
  });

  it("refuse weights, tables without columns and options that make no sense", () => {
    const sampleWeight = new Float64Array(n).fill(1);
    expect(() => new MlRandomForestRegressor().fit(table, y, { sampleWeight })).toThrow(/no sample weights/);
    expect(() => new MlRandomForestRegressor().fit(new Table({}, n), y)).toThrow(/without features/);
    for (const options of [{ nEstimators: 0 }, { maxFeatures: 1.5 }, { maxFeatures: 0 }, { seed: 2 ** 40 }]) {
      expect(() => new MlRandomForestClassifier(options)).toThrow(InvalidOptionError);
    }
  });
});
