import { defaultRecipe } from "../features/default-recipe.ts";
import type { FeatureRecipe } from "../features/recipe.ts";
import { synthesizeFeatures } from "../features/synthesize.ts";
import { knownRows, knownSeries, typicalStep } from "../features/timeline.ts";
import { numeric } from "../table/column.ts";
import type { Table } from "../table/table.ts";
import { seededRandom } from "../tuning/random.ts";
import { type Split, type SplitShares, splitByTime, splitRandomly, TooFewRowsError } from "../tuning/split.ts";
import type { ScenarioContext } from "./context.ts";
import type { PreparedData } from "./stages.ts";
import { encodeTarget } from "./target.ts";

/** Shares of the times (or rows) that validate and test. */
const defaultShares: SplitShares = { validation: 0.15, test: 0.15 };

/** The default `prepareData`: clean, order by time, synthesise features, split. */
export function prepareData(rows: Table, context: ScenarioContext): PreparedData {
  const { time, target, horizon } = context.columns;
  if (rows.numRows === 0) throw new TooFewRowsError("the scenario has no rows");
  const clean = finiteNumbers(rows, context);
  const ordered = time === null ? clean : orderByTime(clean, time, context.warn);
  const encoded = encodeTarget(ordered.get(target), context.columns.task, target);
  const step = context.columns.step ?? (time === null ? 1 : typicalStep(ordered.numbers(time)));
  const recipe = defaultRecipe({
    rows: ordered,
    time,
    target,
    scenarioKey: context.columns.scenarioKey,
    horizon,
    step,
    numericTarget: encoded.task === "regression",
  });
  const features = synthesizeFeatures(recipe, ordered, encoded.values);
  const naive =
    encoded.task === "regression" ? naiveForecast(ordered, recipe, encoded.values, context.columns.seasonLength) : null;
  if (naive?.every(Number.isNaN)) {
    context.warn(`no row has a target ${horizon} steps before it: there are no lags, and the baseline is the mean`);
  }

  const usable = rowsWithTarget(encoded.values, context);
  const take = (column: Float64Array) => Float64Array.from(usable, (row) => column[row]);
  const usableTarget = take(encoded.values);
  const usableRows = ordered.take(usable);
  return {
    task: encoded.task,
    classes: encoded.classes,
    rows: usableRows,
    features: features.take(usable),
    recipe,
    target: usableTarget,
    naive: naive === null ? null : take(naive),
    split: splitRows(usableRows, usableTarget, context, encoded.task === "regression"),
  };
}

function splitRows(rows: Table, target: Float64Array, context: ScenarioContext, regression: boolean): Split {
  const { time, horizon } = context.columns;
  if (time !== null) return splitByTime(rows.numbers(time), defaultShares, horizon);
  return splitRandomly(rows.numRows, defaultShares, seededRandom(context.seed), regression ? null : target);
}

/** Infinities are no measurements: they count as missing, said once a column. */
export function finiteNumbers(rows: Table, context: Pick<ScenarioContext, "warn">): Table {
  const cleaned: [string, ReturnType<typeof numeric>][] = [];
  for (const [name, column] of rows.entries()) {
    if (column.kind !== "numeric") continue;
    let infinite = 0;
    for (const value of column.values)
      if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) infinite++;
    if (infinite === 0) continue;
    context.warn(`column "${name}": ${infinite} infinite values are treated as missing`);
    cleaned.push([
      name,
      numeric(
        column.values.map((v) => (Number.isFinite(v) ? v : Number.NaN)),
        column.type,
      ),
    ]);
  }
  return cleaned.length === 0 ? rows : rows.with(cleaned);
}

/** Rows in time order (stable), without those that have no time. */
export function orderByTime(rows: Table, time: string, warn: (message: string) => void): Table {
  const column = rows.get(time);
  if (column.kind !== "numeric") {
    throw new TypeError(`the time column "${time}" holds text; cast it to a date, a timestamp or a number in the SQL`);
  }
  const times = column.values;
  let isOrdered = true;
  for (let row = 1; row < times.length; row++) if (times[row] < times[row - 1]) isOrdered = false;
  const missing = times.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);
  if (missing > 0) warn(`${missing} rows without "${time}" are left out`);
  const ordered = isOrdered && missing === 0 ? rows : rows.take(timeOrder(times));
  const repeated = repeatedTimes(ordered.numbers(time));
  if (repeated > 0) warn(`${repeated} rows repeat the "${time}" of the row before`);
  return ordered;
}

/** Row numbers by time, rows of one time in their order, those without a time left out. */
function timeOrder(times: Float64Array): Int32Array {
  const indices: number[] = [];
  for (let row = 0; row < times.length; row++) if (!Number.isNaN(times[row])) indices.push(row);
  return Int32Array.from(indices.sort((a, b) => times[a] - times[b] || a - b));
}

function repeatedTimes(times: Float64Array): number {
  let repeated = 0;
  for (let row = 1; row < times.length; row++) if (times[row] === times[row - 1]) repeated++;
  return repeated;
}

function rowsWithTarget(values: Float64Array, context: ScenarioContext): Int32Array {
  const usable: number[] = [];
  for (let row = 0; row < values.length; row++) if (!Number.isNaN(values[row])) usable.push(row);
  const { target } = context.columns;
  if (usable.length === 0) throw new TooFewRowsError(`no row has a value in the target "${target}"`);
  if (usable.length < values.length)
    context.warn(`${values.length - usable.length} rows without "${target}" are left out`);
  return Int32Array.from(usable);
}

/**
 * The seasonal naive forecast: at each row the target of the same place in the latest season that is known `horizon` steps
 * before it, or in one of those before; where no season has it, the latest known target. NaN where nothing is known.
 */
export function naiveForecast(
  rows: Table,
  recipe: FeatureRecipe,
  target: Float64Array,
  seasonLength: number,
): Float64Array | null {
  if (recipe.time === null) return null;
  const times = rows.numbers(recipe.time);
  const series = knownSeries(times, target, knownRows(times, recipe.horizon, recipe.step));
  const season = seasonLength * recipe.step;
  return Float64Array.from(series.counts, (count, row) => {
    if (count === 0) return Number.NaN;
    const place = seasonLength > 1 ? seasonAgo(series.times, count, times[row], season, recipe.step) : -1;
    return series.values[place < 0 ? count - 1 : place];
  });
}

/**
 * Place of the latest of the first `count` ascending `times` that lies whole seasons before `time`, give or take less than
 * half a step; -1 where there is none. Each turn passes at least one time, however many seasons lie between two of them.
 */
function seasonAgo(times: Float64Array, count: number, time: number, season: number, step: number): number {
  let seasons = 1;
  for (let place = count - 1; place >= 0; ) {
    seasons = Math.max(seasons, Math.ceil((time - times[place] - step / 2) / season));
    const wanted = time - seasons * season;
    while (place >= 0 && times[place] >= wanted + step / 2) place--;
    if (place < 0) return -1;
    if (times[place] > wanted - step / 2) return place;
    seasons++;
  }
  return -1;
}
