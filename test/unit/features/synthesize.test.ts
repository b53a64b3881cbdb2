import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultRecipe } from "../../../runner/features/default-recipe.ts";
import { type FeatureRecipe, type RollingStatistic, rollingStatistics } from "../../../runner/features/recipe.ts";
import { synthesizeFeatures } from "../../../runner/features/synthesize.ts";
import { typicalStep } from "../../../runner/features/timeline.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";
import { anyHorizon, anySeries, anyStep, type Series } from "./series.ts";

const lags = [1, 2, 5];
const windows = [1, 3, 8];

function everyTargetFeature(horizon: number, step: number): FeatureRecipe {
  return {
    time: "time",
    target: "y",
    horizon,
    step,
    features: [
      ...lags.map((lag) => ({ kind: "lag" as const, name: `lag ${lag}`, lag })),
      ...windows.flatMap((window) =>
        rollingStatistics.map((statistic) => ({
          kind: "rolling" as const,
          name: `${statistic} ${window}`,
          window,
          statistic,
        })),
      ),
    ],
  };
}

function featuresOf({ times, target }: Series, horizon: number, step: number): Record<string, number[]> {
  const rows = new Table({ time: numeric(times) });
  const features = synthesizeFeatures(everyTargetFeature(horizon, step), rows, target);
  return Object.fromEntries(features.names.map((name) => [name, [...features.numbers(name)]]));
}

/** By the words of the definition: the most recent observed targets dated at least `horizon` steps before the row. */
function knownTargets({ times, target }: Series, row: number, horizon: number, step: number): number[] {
  const known: number[] = [];
  for (let other = 0; other < times.length; other++) {
    if (times[other] <= times[row] - horizon * step && !Number.isNaN(target[other])) known.push(target[other]);
  }
  return known;
}

function statisticOf(values: readonly number[], statistic: RollingStatistic): number {
  if (values.length === 0) return Number.NaN;
  if (statistic === "min") return Math.min(...values);
  if (statistic === "max") return Math.max(...values);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (statistic === "mean") return mean;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

describe("features made of targets", () => {
  it("are what their definition says, on series with gaps, duplicates and missing values", () => {
    fc.assert(
      fc.property(anySeries, anyHorizon, anyStep, (series, horizon, step) => {
        const features = featuresOf(series, horizon, step);
        for (let row = 0; row < series.times.length; row++) {
          const known = knownTargets(series, row, horizon, step);
          for (const lag of lags) expect(features[`lag ${lag}`][row]).toBe(known.at(-lag) ?? Number.NaN);
          for (const window of windows) {
            for (const statistic of rollingStatistics) {
              expect(features[`${statistic} ${window}`][row]).toBe(statisticOf(known.slice(-window), statistic));
            }
          }
        }
      }),
    );
  });

  it("never move when a target changes that is dated later than the horizon allows", () => {
    fc.assert(
      fc.property(
        anySeries,
        anyHorizon,
        anyStep,
        fc.nat(),
        fc.infiniteStream(fc.double({ min: -1e9, max: 1e9 })),
        (series, horizon, step, pick, noise) => {
          const row = pick % series.times.length;
          const wall = series.times[row] - horizon * step;
          const changed = series.target.map((value, other) =>
            series.times[other] > wall ? noise.next().value : value,
          );
          const before = featuresOf(series, horizon, step);
          const after = featuresOf({ times: series.times, target: changed }, horizon, step);
          for (const name of Object.keys(before)) {
            expect(after[name].slice(0, row + 1)).toEqual(before[name].slice(0, row + 1));
          }
        },
      ),
    );
  });

  it("are missing where no target is known yet", () => {
    const features = featuresOf({ times: Float64Array.of(1, 2), target: Float64Array.of(7, 8) }, 4, 1);
    for (const values of Object.values(features)) expect(values).toEqual([Number.NaN, Number.NaN]);
  });

  it("cannot be made without a time, and say what to do", () => {
    const recipe = { ...everyTargetFeature(1, 1), time: null };
    const rows = new Table({ x: numeric(Float64Array.of(1)) });
    expect(() => synthesizeFeatures(recipe, rows, Float64Array.of(1))).toThrow(/needs a time column; set `time`/);
  });
});

describe("features made of columns", () => {
  const rows = new Table({
    time: numeric(Float64Array.of(0, 1), "date"),
    price: numeric(Float64Array.of(1.5, Number.NaN)),
    colour: categoricalOf(["red", null]),
  });
  const recipe = (columns: readonly string[]): FeatureRecipe => ({
    time: "time",
    target: "y",
    horizon: 1,
    step: 1,
    features: columns.map((column) => ({ kind: "column", name: `the ${column}`, column })),
  });

  it("are the columns themselves under the feature's name", () => {
    const features = synthesizeFeatures(recipe(["colour", "price"]), rows, new Float64Array(2));
    expect(features.names).toEqual(["the colour", "the price"]);
    expect(features.row(0)).toEqual({ "the colour": "red", "the price": 1.5 });
    expect(features.row(1)).toEqual({ "the colour": null, "the price": null });
  });

  it("name the column that is absent", () => {
    expect(() => synthesizeFeatures(recipe(["cost"]), rows, new Float64Array(2))).toThrow(/no column "cost"/);
  });

  it("have as many rows as the table, even when there are none of them", () => {
    expect(synthesizeFeatures(recipe([]), rows, new Float64Array(2)).numRows).toBe(2);
  });
});

describe("the default recipe", () => {
  const input = (rows: Table, change = {}) => ({
    rows,
    time: "week",
    target: "sales",
    scenarioKey: ["store"],
    horizon: 4,
    step: typicalStep(rows.numbers("week")),
    numericTarget: true,
    ...change,
  });
  const weeks = (numRows: number) =>
    new Table({
      store: numeric(new Float64Array(numRows).fill(2), "integer"),
      week: numeric(
        Float64Array.from({ length: numRows }, (_, i) => 7 * i),
        "date",
      ),
      sales: numeric(new Float64Array(numRows)),
      price: numeric(new Float64Array(numRows)),
      colour: categoricalOf(new Array(numRows).fill("red")),
    });

  it("takes every column but those with a role", () => {
    const columns = defaultRecipe(input(weeks(3))).features.filter(({ kind }) => kind === "column");
    expect(columns.map(({ name }) => name)).toEqual(["price", "colour"]);
  });

  it("makes lags and means of numeric targets, the calendar of long series, and names each once", () => {
    const { features } = defaultRecipe(input(weeks(120)));
    expect(new Set(features.map(({ kind }) => kind))).toEqual(new Set(["column", "lag", "rolling", "calendar"]));
    expect(new Set(features.map(({ name }) => name)).size).toBe(features.length);
  });

  it("makes no lags of classes", () => {
    const { features } = defaultRecipe(input(weeks(120), { numericTarget: false }));
    expect(new Set(features.map(({ kind }) => kind))).toEqual(new Set(["column", "calendar"]));
  });

  it("has nothing but columns without a time", () => {
    const { features } = defaultRecipe(input(weeks(120), { time: null }));
    expect(features.map(({ name }) => name)).toEqual(["week", "price", "colour"]);
  });

  it("copes with a table of no rows", () => {
    expect(defaultRecipe(input(weeks(0))).features.length).toBeGreaterThan(0);
  });
});
