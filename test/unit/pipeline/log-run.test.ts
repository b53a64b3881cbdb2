import { beforeAll, describe, expect, it } from "vitest";
import { forecastTable, logRun } from "../../../runner/pipeline/log-run.ts";
import { Pipeline } from "../../../runner/pipeline/pipeline.ts";
import type { Evaluation, RunContent } from "../../../runner/pipeline/stages.ts";
import { trainScenario } from "../../../runner/pipeline/train-scenario.ts";
import { numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";
import { contextWith, priced } from "./scenario.ts";

const context = contextWith({ horizon: 2 }, 7);
let evaluation: Evaluation;
let content: RunContent;
beforeAll(async () => {
  const rows = priced(40).with({ closed: numeric(new Float64Array(40)) });
  const outcome = await trainScenario(new Pipeline(), rows, context);
  if (outcome.status === "failed") throw new Error(outcome.failure.stack);
  evaluation = outcome.evaluation;
  content = logRun(evaluation, context);
});

describe("logRun", () => {
  it("logs the chosen hyper-parameters and those of every step of the model", () => {
    expect(content.params).toMatchObject({
      task: "regression",
      horizon: 2,
      seed: 7,
      num_features: evaluation.features.numColumns,
      minSamplesLeaf: evaluation.params.minSamplesLeaf,
      randomforestregressor__minSamplesLeaf: evaluation.params.minSamplesLeaf,
      randomforestregressor__randomState: 7,
      simpleimputer__strategy: "median",
    });
  });

  it("logs all metrics and how many rows they stand on", () => {
    const { train, validation, test } = evaluation.split;
    expect(content.metrics).toEqual({
      ...evaluation.metrics,
      train_rows: train.length,
      validation_rows: validation.length,
      test_rows: test.length,
    });
    expect(train.length + validation.length + test.length).toBe(40);
  });

  it("tells which features were dropped and why, and how much the others matter", () => {
    const features: unknown = JSON.parse(String(content.artifacts["features.json"]));
    expect(features).toMatchObject({
      selected: evaluation.features.names,
      dropped: expect.arrayContaining([{ name: "closed", reason: "the same value in every training row" }]),
      importances: evaluation.featureImportances,
      recipe: { time: "week", target: "sales", horizon: 2, step: 1 },
    });
    const shares = Object.values(evaluation.featureImportances);
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 9);
  });

  it("keeps every trial", () => {
    expect(JSON.parse(String(content.artifacts["trials.json"]))).toHaveLength(3);
  });

  it("shows forecast, actual and baseline of each test row by key and time", () => {
    const lines = String(content.artifacts["forecast.csv"]).trim().split("\n");
    expect(lines[0].trim()).toBe("store,week,actual,predicted,baseline");
    expect(lines).toHaveLength(1 + evaluation.split.test.length);
  });
});

describe("the forecast table", () => {
  it("names classes by their labels", () => {
    const forecast = {
      rows: new Table({ store: numeric(Float64Array.of(2, 2)), week: numeric(Float64Array.of(8, 9)) }),
      actual: Float64Array.of(0, 1),
      predicted: Float64Array.of(1, 1),
      probabilities: null,
      baseline: Float64Array.of(0.5, 0.5, 0.5, 0.5),
    };
    const table = forecastTable(forecast, context, ["no", "yes"]);
    expect(table.row(0)).toEqual({ store: 2, week: 8, actual: "no", predicted: "yes" });
    expect(table.row(1)).toEqual({ store: 2, week: 9, actual: "yes", predicted: "yes" });
  });
});
