import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "../../../runner/estimators/option.ts";
import { SimpleImputer, type SimpleImputerOptions } from "../../../runner/estimators/simple-imputer.ts";
import { categoricalOf, cell, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

const gap = Number.NaN;

function filled(values: readonly number[], options: SimpleImputerOptions = {}): number[] {
  const table = new Table({ x: numeric(Float64Array.from(values)) });
  return [...new SimpleImputer(options).fit(table).transform(table).numbers("x")];
}

function filledText(values: readonly (string | null)[], options: SimpleImputerOptions = {}) {
  const table = new Table({ x: categoricalOf(values) });
  const column = new SimpleImputer(options).fit(table).transform(table).get("x");
  return values.map((_, row) => cell(column, row));
}

describe("SimpleImputer", () => {
  it("fills numbers by its strategy", () => {
    expect(filled([1, gap, 2, 9])).toEqual([1, 2, 2, 9]);
    expect(filled([1, gap, 2, 9], { strategy: "mean" })).toEqual([1, 4, 2, 9]);
    expect(filled([9, gap, 1, 9, 1], { strategy: "most_frequent" })).toEqual([9, 1, 1, 9, 1]);
    expect(filled([1, gap], { strategy: "constant", fillValue: -1 })).toEqual([1, -1]);
    expect(filled([1, gap], { strategy: "constant", fillValue: "none" })).toEqual([1, 0]);
  });

  it("takes infinities as missing", () => {
    expect(filled([1, Number.POSITIVE_INFINITY, 3, Number.NEGATIVE_INFINITY])).toEqual([1, 2, 3, 2]);
  });

  it("keeps a column without any value and fills it with 0 or 'missing'", () => {
    expect(filled([gap, gap])).toEqual([0, 0]);
    expect(filledText([null, null])).toEqual(["missing", "missing"]);
  });

  it("fills text by the most frequent category, or by the constant", () => {
    expect(filledText(["b", null, "a", "b"])).toEqual(["b", "b", "a", "b"]);
    expect(filledText(["b", null, "a"])).toEqual(["b", "a", "a"]);
    expect(filledText(["b", null], { strategy: "constant" })).toEqual(["b", "missing"]);
    expect(filledText(["b", null], { strategy: "constant", fillValue: "b" })).toEqual(["b", "b"]);
  });

  it("fills later rows with what training had", () => {
    const imputer = new SimpleImputer().fit(new Table({ x: numeric(Float64Array.of(1, 3)) }));
    expect([...imputer.transform(new Table({ x: numeric(Float64Array.of(gap, 50)) })).numbers("x")]).toEqual([2, 50]);
  });

  it("marks what was missing, for the columns that had gaps in training", () => {
    const train = new Table({
      x: numeric(Float64Array.of(1, gap)),
      full: numeric(Float64Array.of(1, 2)),
      text: categoricalOf(["a", null]),
    });
    const imputer = new SimpleImputer({ addIndicator: true }).fit(train);
    const table = imputer.transform(train);
    expect(table.names).toEqual(["x", "full", "text", "missingindicator_x", "missingindicator_text"]);
    expect([...table.numbers("missingindicator_x")]).toEqual([0, 1]);
    expect([...table.numbers("missingindicator_text")]).toEqual([0, 1]);
    expect(imputer.featureSources).toEqual({ missingindicator_x: "x", missingindicator_text: "text" });
  });

  it("keeps the type of a column unless the filling does not fit it", () => {
    const table = new Table({
      whole: numeric(Float64Array.of(1, gap, 3), "integer"),
      fraction: numeric(Float64Array.of(1, gap, 2), "integer"),
      flag: numeric(Float64Array.of(1, gap, 1), "boolean"),
      day: numeric(Float64Array.of(10, gap, 11), "date"),
    });
    const types = [...new SimpleImputer().fit(table).transform(table).entries()].map(([, column]) => column.type);
    expect(types).toEqual(["integer", "float", "boolean", "date"]);
  });

  it("refuses a column whose kind has changed, and a fill value that it would not use", () => {
    const imputer = new SimpleImputer().fit(new Table({ x: numeric(Float64Array.of(1)) }));
    expect(() => imputer.transform(new Table({ x: categoricalOf(["a"]) }))).toThrow(/"x" held numbers in training/);
    expect(() => new SimpleImputer({ fillValue: 3 })).toThrow(InvalidOptionError);
    expect(() => new SimpleImputer({ strategy: "constant", fillValue: gap })).toThrow(InvalidOptionError);
  });
});
