import { describe, expect, it } from "vitest";
import { DummyRegressor } from "../../../runner/estimators/dummy-regressor.ts";
import { Table } from "../../../runner/table/table.ts";

describe("DummyRegressor", () => {
  const target = Float64Array.of(1, 2, 9);

  it("predicts the mean, or the median, whatever the row", () => {
    expect([...new DummyRegressor().fit(new Table({}, 3), target).predict(new Table({}, 2))]).toEqual([4, 4]);
    const median = new DummyRegressor({ strategy: "median" }).fit(new Table({}, 3), target);
    expect([...median.predict(new Table({}, 1))]).toEqual([2]);
  });

  it("names the strategies when given another", () => {
    const options = JSON.parse('{ "strategy": "mode" }');
    expect(() => new DummyRegressor(options)).toThrow(/strategy must be one of "mean", "median", not "mode"/);
  });
});
