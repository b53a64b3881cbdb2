import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "../../../runner/estimators/option.ts";
import { SeasonalNaive } from "../../../runner/estimators/seasonal-naive.ts";
import { InvalidInputError } from "../../../runner/estimators/training-input.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

const target = Float64Array.of(5, 1, 2, 3, 4);
const noColumns = (rows: number) => new Table({}, rows);

describe("SeasonalNaive", () => {
  it("repeats the last value", () => {
    expect([...new SeasonalNaive().fit(noColumns(5), target).predict(noColumns(3))]).toEqual([4, 4, 4]);
  });

  it("repeats the last season, row by row", () => {
    const model = new SeasonalNaive({ period: 3 }).fit(noColumns(5), target);
    expect([...model.predict(noColumns(7))]).toEqual([2, 3, 4, 2, 3, 4, 2]);
  });

  it("repeats all that it has seen when that is less than a season", () => {
    const model = new SeasonalNaive({ period: 52 }).fit(noColumns(5), target);
    expect([...model.predict(noColumns(6))]).toEqual([5, 1, 2, 3, 4, 5]);
  });

  it("predicts what a lag column holds, and the median of the target where it holds nothing", () => {
    const train = new Table({ lag: numeric(new Float64Array(5)) });
    const model = new SeasonalNaive({ column: "lag" }).fit(train, target);
    const later = new Table({ lag: numeric(Float64Array.of(7, Number.NaN, Number.POSITIVE_INFINITY, -1)) });
    expect([...model.predict(later)]).toEqual([7, 3, 3, -1]);
  });

  it("weights the median that stands in", () => {
    const train = new Table({ lag: numeric(new Float64Array(5)) });
    const sampleWeight = Float64Array.of(9, 1, 1, 1, 1);
    const model = new SeasonalNaive({ column: "lag" }).fit(train, target, { sampleWeight });
    expect(model.predict(new Table({ lag: numeric(Float64Array.of(Number.NaN)) }))[0]).toBe(5);
  });

  it("needs its column, as numbers", () => {
    expect(() => new SeasonalNaive({ column: "lag" }).fit(noColumns(5), target)).toThrow(/numeric column "lag"/);
    const text = new Table({ lag: categoricalOf(["a", "b", "c", "d", "e"]) });
    expect(() => new SeasonalNaive({ column: "lag" }).fit(text, target)).toThrow(InvalidInputError);
  });

  it("takes either a period or a column", () => {
    expect(() => new SeasonalNaive({ column: "lag", period: 3 })).toThrow(InvalidOptionError);
    expect(() => new SeasonalNaive({ period: 0 })).toThrow(/period must be a whole number of at least 1, not 0/);
    expect(new SeasonalNaive({ column: "lag" }).getParams()).toEqual({ period: null, column: "lag" });
  });
});
