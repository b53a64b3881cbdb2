import { isClassifier } from "../estimators/estimator.ts";
import { synthesizeFeatures } from "../features/synthesize.ts";
import { type Column, type NumericType, numeric } from "../table/column.ts";
import { Table } from "../table/table.ts";
import type { ScenarioContext } from "./context.ts";
import { finiteNumbers, orderByTime } from "./prepare-data.ts";
import type { Predictions } from "./stages.ts";
import type { TrainedModel } from "./trained-model.ts";

/**
 * The default `predict`: the rows without a target are predicted; rows with one, and the model's own memory of the
 * training rows, give the lags. Without a target column every row is predicted.
 */
export function predict(model: TrainedModel, rows: Table, context: ScenarioContext): Predictions {
  const { recipe } = model;
  const clean = finiteNumbers(rows, context);
  const ordered = recipe.time === null ? clean : orderByTime(clean, recipe.time, context.warn);
  const known = knownTarget(ordered, recipe.target, model.task === "regression");
  const wanted = Int32Array.from([...known.keys()].filter((row) => Number.isNaN(known[row])));

  const { table, target, places } = withHistory(model, timeAsTrained(model, ordered), known);
  const features = synthesizeFeatures(recipe, table, target)
    .take(wanted.map((row) => places[row]))
    .select(model.features);
  return {
    rows: ordered.take(wanted),
    predicted: model.estimator.predict(features),
    classes: model.classes,
    probabilities: isClassifier(model.estimator) ? model.estimator.predictProba(features) : null,
  };
}

const MS_PER_DAY = 86_400_000;

/**
 * The rows with their times in the unit of training: SQL makes a time stamp of a date easily (`day + interval 1 week`).
 *
 * @throws TypeError when the times can't be compared with those of training.
 */
function timeAsTrained({ recipe, timeType }: TrainedModel, rows: Table): Table {
  if (recipe.time === null || timeType === null) return rows;
  const time = rows.get(recipe.time);
  if (time.kind !== "numeric" || time.type === timeType) return rows;
  if (time.type === "timestamp" && timeType === "date") {
    return rows.with({
      [recipe.time]: numeric(
        time.values.map((ms) => ms / MS_PER_DAY),
        "date",
      ),
    });
  }
  if (time.type === "date" && timeType === "timestamp") {
    return rows.with({
      [recipe.time]: numeric(
        time.values.map((day) => day * MS_PER_DAY),
        "timestamp",
      ),
    });
  }
  const isDated = (type: NumericType) => type === "date" || type === "timestamp";
  if (!isDated(time.type) && !isDated(timeType)) return rows;
  throw new TypeError(
    `the time column "${recipe.time}" held ${timeType} values in training and holds ${time.type} values in the rows to predict; cast it in the SQL`,
  );
}

/** The target where the rows have it; all missing where they don't, or where it holds classes (no lags are made of them). */
function knownTarget(rows: Table, name: string, regression: boolean): Float64Array {
  const missing = () => new Float64Array(rows.numRows).fill(Number.NaN);
  if (!rows.has(name)) return missing();
  const column = rows.get(name);
  if (regression && column.kind === "numeric") return column.values;
  const known = missing();
  for (let row = 0; row < known.length; row++) {
    const isMissing = column.kind === "numeric" ? Number.isNaN(column.values[row]) : column.codes[row] < 0;
    if (!isMissing) known[row] = 0;
  }
  return known;
}

/**
 * The rows with the model's memory of the training rows merged in by time (other columns missing there), and the places
 * of the rows in it. A row that brings its own target replaces the memory of that time.
 */
function withHistory(
  { recipe, history }: TrainedModel,
  rows: Table,
  known: Float64Array,
): { table: Table; target: Float64Array; places: Int32Array } {
  const times = recipe.time === null ? null : rows.numbers(recipe.time);
  if (times === null || history.times.length === 0) {
    return { table: rows, target: known, places: Int32Array.from(known.keys()) };
  }
  const observed = new Set(times.filter((_, row) => !Number.isNaN(known[row])));
  const remembered = [...history.times.keys()].filter((i) => !observed.has(history.times[i]));
  const numRows = remembered.length + rows.numRows;
  // -1 marks a remembered row.
  const source = new Int32Array(numRows).fill(-1);
  const places = new Int32Array(rows.numRows);
  const mergedTimes = new Float64Array(numRows);
  const target = new Float64Array(numRows);
  for (let place = 0, memory = 0, row = 0; place < numRows; place++) {
    const takesMemory =
      row === rows.numRows || (memory < remembered.length && history.times[remembered[memory]] <= times[row]);
    if (takesMemory) {
      mergedTimes[place] = history.times[remembered[memory]];
      target[place] = history.target[remembered[memory]];
      memory++;
    } else {
      mergedTimes[place] = times[row];
      target[place] = known[row];
      places[row] = place;
      source[place] = row;
      row++;
    }
  }
  const columns = [...rows.entries()].map(([name, column]): [string, Column] => {
    if (column.kind === "categorical") {
      return [name, { ...column, codes: source.map((row) => (row < 0 ? -1 : column.codes[row])) }];
    }
    const values =
      name === recipe.time
        ? mergedTimes
        : Float64Array.from(source, (row) => (row < 0 ? Number.NaN : column.values[row]));
    return [name, { ...column, values }];
  });
  return { table: new Table(columns), target, places };
}
