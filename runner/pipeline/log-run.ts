import { categorical, numeric } from "../table/column.ts";
import { tableToCsv } from "../table/csv.ts";
import type { Table } from "../table/table.ts";
import type { ScenarioContext } from "./context.ts";
import type { Evaluation, Forecast, RunContent } from "./stages.ts";

/** The default `logRun`: what MLflow shows of a scenario. Parameters and metrics keep their names; the rest are files. */
export function logRun(evaluation: Evaluation, context: ScenarioContext): RunContent {
  const { task, params, metrics, trials, dropped, features, featureImportances, split, recipe, model } = evaluation;
  return {
    params: {
      ...model.getParams(),
      ...params,
      task,
      horizon: context.columns.horizon,
      seed: context.seed,
      num_features: features.numColumns,
    },
    metrics: {
      ...metrics,
      train_rows: split.train.length,
      validation_rows: split.validation.length,
      test_rows: split.test.length,
    },
    tags: {},
    artifacts: {
      "features.json": json({ selected: features.names, dropped, importances: featureImportances, recipe }),
      ...(trials.length > 0 ? { "trials.json": json(trials) } : {}),
      "forecast.csv": tableToCsv(forecastTable(evaluation.forecast, context, evaluation.classes)),
    },
  };
}

/** Key, time, actual, predicted and, for numbers, the baseline of the test rows; classes by their labels. */
export function forecastTable(
  { rows, actual, predicted, baseline }: Forecast,
  { columns }: Pick<ScenarioContext, "columns">,
  classes: readonly string[],
): Table {
  const kept = [...columns.scenarioKey, ...(columns.time === null ? [] : [columns.time])];
  const table = rows.select(kept.filter((name) => rows.has(name)));
  if (classes.length === 0) {
    return table.with({ actual: numeric(actual), predicted: numeric(predicted), baseline: numeric(baseline) });
  }
  const labels = (codes: Float64Array) => categorical(Int32Array.from(codes), classes);
  return table.with({ actual: labels(actual), predicted: labels(predicted) });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
