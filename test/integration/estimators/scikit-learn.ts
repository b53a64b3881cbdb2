import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import * as z from "zod/mini";
import { type Column, categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

const numbers = z.pipe(
  z.array(z.nullable(z.number())),
  z.transform((values) => Float64Array.from(values, (value) => value ?? Number.NaN)),
);
const matrix = z.array(numbers);
const weight = z.nullable(numbers);
const strings = z.array(z.string());
const texts = z.array(z.nullable(z.string()));

const golden = z.object({
  ridge: z.object({
    names: strings,
    x: matrix,
    y: numbers,
    cases: z.array(
      z.object({
        name: z.string(),
        rows: z.number(),
        alpha: z.number(),
        fitIntercept: z.boolean(),
        weight,
        coefficients: numbers,
        intercept: z.number(),
        predictions: numbers,
      }),
    ),
    collinear: z.object({ x: matrix, fitted: numbers }),
  }),
  logistic: z.array(
    z.object({
      name: z.string(),
      x: matrix,
      y: numbers,
      C: z.number(),
      fitIntercept: z.boolean(),
      weight,
      proba: matrix,
    }),
  ),
  dummies: z.object({
    y: numbers,
    labels: numbers,
    weight: numbers,
    labelWeight: numbers,
    mean: z.number(),
    median: z.number(),
    weightedMean: z.number(),
    prior: numbers,
    mostFrequent: numbers,
    weightedPrior: numbers,
  }),
  pca: z.array(
    z.object({
      name: z.string(),
      x: matrix,
      rows: z.number(),
      nComponents: z.nullable(z.number()),
      whiten: z.boolean(),
      numComponents: z.number(),
      scores: matrix,
      ratio: numbers,
    }),
  ),
  imputer: z.object({
    x: matrix,
    later: matrix,
    cases: z.array(
      z.object({
        strategy: z.enum(["mean", "median", "most_frequent", "constant"]),
        filled: matrix,
        names: strings,
      }),
    ),
    text: texts,
    mostFrequent: strings,
  }),
  scaler: z.object({ x: matrix, scaled: matrix, centred: matrix, stretched: matrix }),
  encoders: z.object({
    train: z.object({ letter: texts, number: numbers }),
    later: z.object({ letter: texts, number: numbers }),
    oneHot: z.array(
      z.object({
        maxCategories: z.number(),
        handleUnknown: z.enum(["ignore", "infrequent_if_exist"]),
        names: strings,
        encoded: matrix,
      }),
    ),
    ordinal: matrix,
  }),
  pipeline: z.object({ x: matrix, y: numbers, predictions: numbers, steps: strings }),
  regressionMetrics: z.array(
    z.object({
      name: z.string(),
      y: numbers,
      f: numbers,
      rmse: z.number(),
      mae: z.number(),
      r2: z.number(),
      mape: z.number(),
      wape: z.number(),
      smape: z.number(),
      bias: z.number(),
      mase: z.nullable(z.number()),
    }),
  ),
  classificationMetrics: z.array(
    z.object({
      name: z.string(),
      y: numbers,
      proba: matrix,
      log_loss: z.number(),
      roc_auc: z.number(),
      f1: z.number(),
      accuracy: z.number(),
    }),
  ),
});
export type Golden = z.infer<typeof golden>;

/** Runs scikit-learn and reads what it found. */
export function runScikitLearn(): Golden {
  const python = join(import.meta.dirname, "../../.venv/bin/python");
  const { status, stdout, stderr, error } = spawnSync(python, [join(import.meta.dirname, "scikit-learn.py")], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`scikit-learn.py failed: ${error?.message ?? stderr}`);
  return golden.parse(JSON.parse(stdout));
}

/** Rows of numbers as a table with columns `x0`, `x1`... */
export function tableOf(rows: readonly Float64Array[], names?: readonly string[]): Table {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, j): [string, Column] => [
    names?.[j] ?? `x${j}`,
    numeric(Float64Array.from(rows, (row) => row[j])),
  ]);
  return new Table(columns, rows.length);
}

export function letterTable({ letter, number }: Golden["encoders"]["train"]): Table {
  return new Table({ letter: categoricalOf(letter), number: numeric(number) });
}

/** Every column's value within `tolerance` of the matrix, relative to the larger of 1 and the value; NaN equals NaN. */
export function expectTable(table: Table, expected: readonly Float64Array[], tolerance = 0): void {
  const columns = table.numericColumns().map(([, column]) => column.values);
  expect(columns.length).toBe(expected[0]?.length);
  for (let j = 0; j < columns.length; j++) {
    expectNumbers(
      columns[j],
      Float64Array.from(expected, (row) => row[j]),
      tolerance,
    );
  }
}

/** The largest difference, relative to the larger of 1 and the value, is at most `tolerance`; NaN equals NaN. */
export function expectNumbers(actual: Float64Array, expected: Float64Array, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    if (Number.isNaN(expected[i]) && Number.isNaN(actual[i])) continue;
    const difference = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}
