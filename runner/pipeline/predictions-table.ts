import { categorical, numeric } from "../table/column.ts";
import type { Table } from "../table/table.ts";
import type { ScenarioContext } from "./context.ts";
import type { Predictions } from "./stages.ts";

/** Scenario key, time, `prediction` (number or class label) and, for classes, `probability_<class>`. */
export function predictionsTable(predictions: Predictions, { columns }: Pick<ScenarioContext, "columns">): Table {
  const { rows, predicted, classes, probabilities } = predictions;
  const kept = [...columns.scenarioKey, ...(columns.time === null ? [] : [columns.time])];
  const table = rows.select(kept.filter((name) => rows.has(name)));
  if (classes.length === 0) return table.with({ prediction: numeric(predicted) });
  const labels = table.with({ prediction: categorical(Int32Array.from(predicted), classes) });
  if (probabilities === null) return labels;
  return labels.with(
    classes.map((label, code) => {
      const ofClass = new Float64Array(predicted.length);
      for (let row = 0; row < ofClass.length; row++) ofClass[row] = probabilities[row * classes.length + code];
      return [`probability_${label}`, numeric(ofClass)] as const;
    }),
  );
}
