import { type Column, numeric } from "../table/column.ts";
import { Table } from "../table/table.ts";
import { calendarWave } from "./calendar.ts";
import type { FeatureDefinition, FeatureRecipe, RollingStatistic } from "./recipe.ts";
import { type KnownSeries, knownRows, knownSeries } from "./timeline.ts";

/**
 * Computes the features of a recipe for every row.
 *
 * @param rows in time order when the recipe has a time. Rows to be predicted have no target; earlier rows give the lags.
 * @param target one number a row, NaN where unknown.
 * @returns a table with one column a feature, under the features' names.
 * @throws RangeError when a column of the recipe is absent from the rows.
 */
export function synthesizeFeatures(recipe: FeatureRecipe, rows: Table, target: Float64Array): Table {
  const times = recipe.time === null ? null : rows.numbers(recipe.time);
  const needsTargets = recipe.features.some((feature) => feature.kind === "lag" || feature.kind === "rolling");
  const series =
    times !== null && needsTargets ? knownSeries(times, target, knownRows(times, recipe.horizon, recipe.step)) : null;
  const columns = recipe.features.map(
    (feature) => [feature.name, synthesizeFeature(feature, recipe, rows, series)] as const,
  );
  return new Table(columns, rows.numRows);
}

function synthesizeFeature(
  feature: FeatureDefinition,
  recipe: FeatureRecipe,
  rows: Table,
  series: KnownSeries | null,
): Column {
  switch (feature.kind) {
    case "column":
      return rows.get(feature.column);
    case "lag":
      return numeric(lag(needsTime(series, feature), feature.lag));
    case "rolling":
      return numeric(rolling(needsTime(series, feature), feature.window, feature.statistic));
    case "calendar": {
      const time = rows.get(needsTime(recipe.time, feature));
      if (time.kind !== "numeric") throw new RangeError(`the time column "${recipe.time}" holds text`);
      return numeric(calendarWave(time, feature.part, feature.wave));
    }
  }
}

function needsTime<T>(value: T | null, feature: FeatureDefinition): T {
  if (value === null)
    throw new RangeError(`the feature "${feature.name}" needs a time column; set \`time\` in the data class`);
  return value;
}

function lag({ values, counts }: KnownSeries, lag: number): Float64Array {
  const result = new Float64Array(counts.length);
  for (let row = 0; row < counts.length; row++) {
    result[row] = counts[row] >= lag ? values[counts[row] - lag] : Number.NaN;
  }
  return result;
}

/** Each window is summed on its own: running sums would give other last digits when only a tail of the series is known. */
function rolling({ values, counts }: KnownSeries, window: number, statistic: RollingStatistic): Float64Array {
  const result = new Float64Array(counts.length);
  for (let row = 0; row < counts.length; row++) {
    const end = counts[row];
    const start = Math.max(0, end - window);
    result[row] = end === start ? Number.NaN : windowStatistic(values, start, end, statistic);
  }
  return result;
}

function windowStatistic(values: Float64Array, start: number, end: number, statistic: RollingStatistic): number {
  switch (statistic) {
    case "min":
    case "max": {
      let extreme = values[start];
      for (let i = start + 1; i < end; i++) {
        if (statistic === "min" ? values[i] < extreme : values[i] > extreme) extreme = values[i];
      }
      return extreme;
    }
    case "mean":
    case "std": {
      let sum = 0;
      for (let i = start; i < end; i++) sum += values[i];
      const mean = sum / (end - start);
      if (statistic === "mean") return mean;
      let squares = 0;
      for (let i = start; i < end; i++) squares += (values[i] - mean) ** 2;
      return Math.sqrt(squares / (end - start));
    }
  }
}
