import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "../../../runner/estimators/option.ts";
import { PCA } from "../../../runner/estimators/pca.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

const matrix = fc
  .record({ n: fc.integer({ min: 1, max: 45 }), p: fc.integer({ min: 1, max: 4 }) })
  .chain(({ n, p }) =>
    fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: n, maxLength: n }), { minLength: p, maxLength: p }),
  );
const tableOf = (columns: readonly (readonly number[])[]) =>
  new Table(columns.map((values, j) => [`x${j}`, numeric(Float64Array.from(values))] as const));

function distance(columns: readonly ArrayLike<number>[], a: number, b: number): number {
  return Math.sqrt(columns.reduce((sum, values) => sum + (values[a] - values[b]) ** 2, 0));
}

describe("PCA", () => {
  it("turns the rows without changing their distances, and makes the columns uncorrelated", () => {
    fc.assert(
      fc.property(matrix, (columns) => {
        const table = tableOf(columns);
        const projected = new PCA().fit(table).transform(table);
        const scores = projected.numericColumns().map(([, column]) => column.values);
        const n = table.numRows;
        for (let row = 1; row < n; row++) {
          expect(distance(scores, 0, row)).toBeCloseTo(distance(columns, 0, row), 6);
        }
        for (let i = 0; i < scores.length; i++) {
          for (let j = 0; j < i; j++) {
            expect(scores[i].reduce((sum, value, row) => sum + value * scores[j][row], 0)).toBeCloseTo(0, 5);
          }
        }
      }),
    );
  });

  it("names components pca1, pca2... and replaces numeric columns by them", () => {
    const table = tableOf([
      [1, 2, 3],
      [4, 6, 5],
    ]).with({ text: categoricalOf(["a", "b", "c"]) });
    expect(new PCA().fit(table).transform(table).names).toEqual(["text", "pca1", "pca2"]);
  });

  it("puts rows on a line into one component, whose largest loading is positive", () => {
    const table = tableOf([
      [0, -1, -2, -3],
      [0, -3, -6, -9],
    ]);
    const pca = new PCA({ nComponents: 0.99 }).fit(table);
    expect(pca.explainedVarianceRatio.length).toBe(1);
    const scores = pca.transform(table).numbers("pca1");
    for (let row = 1; row < 4; row++) expect(scores[row - 1] - scores[row]).toBeCloseTo(Math.sqrt(10), 10);
  });

  it("whitens to variance 1 and leaves a component without variance at 0", () => {
    const table = tableOf([
      [1, 2, 3, 9],
      [2, 4, 6, 18],
      [5, 5, 5, 5],
    ]);
    const scores = new PCA({ whiten: true }).fit(table).transform(table);
    const first = scores.numbers("pca1");
    expect(first.reduce((sum, value) => sum + value * value, 0) / 3).toBeCloseTo(1, 10);
  });

  it("gives at most as many components as there are rows and columns", () => {
    const table = tableOf([
      [1, 2, 3],
      [4, 6, 5],
    ]);
    expect(new PCA({ nComponents: 50 }).fit(table).transform(table).numColumns).toBe(2);
    const single = new PCA({ whiten: true }).fit(table.slice(0, 1));
    expect([...single.transform(table.slice(0, 1)).numbers("pca1")]).toEqual([0]);
    expect([...single.explainedVarianceRatio]).toEqual([0]);
  });

  it("lets a table without numbers pass", () => {
    const table = new Table({ text: categoricalOf(["a", "b"]) });
    expect(new PCA().fit(table).transform(table).names).toEqual(["text"]);
  });

  it("says what to do about gaps, and refuses options that make no sense", () => {
    expect(() => new PCA().fit(tableOf([[1, Number.NaN]]))).toThrow(/"x0".*SimpleImputer/);
    for (const nComponents of [0, -1, 1.5, Number.NaN]) {
      expect(() => new PCA({ nComponents })).toThrow(InvalidOptionError);
    }
  });
});
