import type { Table } from "../table/table.ts";
import { usefulCalendarParts } from "./calendar.ts";
import type { FeatureDefinition, FeatureRecipe } from "./recipe.ts";

const lags = [1, 2, 4];
const windows = [4, 8];

/** What the default recipe is made from. */
export interface RecipeInput {
  readonly rows: Table;
  readonly time: string | null;
  readonly target: string;
  readonly scenarioKey: readonly string[];
  readonly horizon: number;
  readonly step: number;
  /** Whether past targets are numbers that lags can be made of. */
  readonly numericTarget: boolean;
}

/**
 * Every column of the master table as it is, and, where there is a time, recent targets and the calendar. Which of them
 * help is the business of feature selection.
 */
export function defaultRecipe(input: RecipeInput): FeatureRecipe {
  const { rows, time, target, scenarioKey, horizon, step, numericTarget } = input;
  const roles = new Set([...scenarioKey, target, ...(time === null ? [] : [time])]);
  const features: FeatureDefinition[] = rows.names
    .filter((column) => !roles.has(column))
    .map((column) => ({ kind: "column", name: column, column }));
  if (time !== null) {
    const before = `before ${horizon}`;
    if (numericTarget) {
      for (const lag of lags) features.push({ kind: "lag", name: `lag(${target}, ${lag}) ${before}`, lag });
      for (const window of windows) {
        features.push({ kind: "rolling", name: `mean(${target}, ${window}) ${before}`, window, statistic: "mean" });
      }
    }
    const column = rows.get(time);
    const parts = column.kind === "numeric" && rows.numRows > 0 ? usefulCalendarParts(column, step) : [];
    for (const part of parts) {
      for (const wave of ["sin", "cos"] as const) {
        features.push({ kind: "calendar", name: `${wave}(${part})`, part, wave });
      }
    }
  }
  return { time, target, horizon, step, features };
}
