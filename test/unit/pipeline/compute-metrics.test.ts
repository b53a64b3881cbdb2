import { beforeAll, describe, expect, it } from "vitest";
import { DummyRegressor } from "../../../runner/estimators/dummy-regressor.ts";
import type { Estimator } from "../../../runner/estimators/estimator.ts";
import { RandomForestClassifier } from "../../../runner/estimators/forest/index.ts";
import { RidgeRegressor } from "../../../runner/estimators/ridge-regressor.ts";
import { computeMetrics } from "../../../runner/pipeline/compute-metrics.ts";
import { Pipeline } from "../../../runner/pipeline/pipeline.ts";
import { prepareData } from "../../../runner/pipeline/prepare-data.ts";
import { selectFeatures } from "../../../runner/pipeline/select-features.ts";
import type { Evaluation, TunedModel } from "../../../runner/pipeline/stages.ts";
import { trainScenario } from "../../../runner/pipeline/train-scenario.ts";
import { encodeTrainedModel } from "../../../runner/pipeline/trained-model.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import type { Table } from "../../../runner/table/table.ts";
import { orangeJuice, type RealScenario } from "./orange-juice.ts";
import { contextWith, priced, type TestContext, weekly } from "./scenario.ts";

function tuned(rows: Table, context: TestContext): TunedModel {
  return { ...selectFeatures(prepareData(rows, context), context), params: {}, trials: [] };
}

const noKpis = () => ({});
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("computeMetrics", () => {
  it("gives the metrics of a computation by hand", () => {
    // 10 weeks: 6 train, 2 validate, 2 test; the mean of the first eight is predicted, the week before is the baseline.
    const sales = [4, 6, 5, 7, 6, 8, 7, 9, 12, 10];
    const context = contextWith();
    const { metrics, forecast } = computeMetrics(
      tuned(weekly(sales), context),
      () => new DummyRegressor(),
      noKpis,
      context,
    );
    const predicted = mean(sales.slice(0, 8)); // 6.5
    const errors = [12 - predicted, 10 - predicted]; // 5.5, 3.5
    expect([...forecast.actual]).toEqual([12, 10]);
    expect([...forecast.predicted]).toEqual([6.5, 6.5]);
    expect([...forecast.baseline]).toEqual([9, 12]);
    const steps = sales.slice(1, 8).map((value, i) => Math.abs(value - sales[i]));
    expect(metrics.rmse).toBeCloseTo(Math.sqrt(mean(errors.map((error) => error ** 2))), 12);
    expect(metrics.mae).toBeCloseTo(4.5, 12);
    expect(metrics.bias).toBeCloseTo(-4.5, 12);
    expect(metrics.wape).toBeCloseTo(9 / 22, 12);
    expect(metrics.mape).toBeCloseTo((5.5 / 12 + 3.5 / 10) / 2, 12);
    expect(metrics.smape).toBeCloseTo((11 / 18.5 + 7 / 16.5) / 2, 12);
    expect(metrics.mase).toBeCloseTo(4.5 / mean(steps), 12);
    expect(metrics.r2).toBeCloseTo(1 - (5.5 ** 2 + 3.5 ** 2) / 2, 12);
    // The baseline is off by 3 and 2.
    expect(metrics.mae_vs_baseline).toBeCloseTo(1 - 4.5 / 2.5, 12);
    expect(metrics.rmse_vs_baseline).toBeCloseTo(1 - Math.sqrt((5.5 ** 2 + 3.5 ** 2) / 13), 12);
    expect(metrics.bias_vs_baseline).toBeCloseTo(1 - 4.5 / 0.5, 12);
  });

  it("never lets the evaluated model see a test row, and fits the kept one on all", () => {
    const context = contextWith();
    const given = tuned(priced(40), context);
    const fits: number[][] = [];
    class Spy extends DummyRegressor {
      override fit(features: Table, target: Float64Array) {
        fits.push([...target]);
        return super.fit(features, target);
      }
    }
    computeMetrics(given, () => new Spy(), noKpis, context);
    const past = [...given.split.train, ...given.split.validation].sort((a, b) => a - b);
    expect(fits).toEqual([past.map((row) => given.target[row]), [...given.target]]);
  });

  it("adds the user's figures, which see the rows of the test with their columns", () => {
    const context = contextWith();
    const { metrics } = computeMetrics(
      tuned(priced(40), context),
      () => new DummyRegressor(),
      ({ actual, predicted, rows }) => ({
        revenue: rows.numbers("price").reduce((sum, price, row) => sum + price * actual[row], 0),
        num_predicted: predicted.length,
      }),
      context,
    );
    const rows = priced(40).slice(34, 40);
    const revenue = rows.numbers("price").reduce((sum, price, row) => sum + price * rows.numbers("sales")[row], 0);
    expect(metrics).toMatchObject({ revenue, num_predicted: 6 });
    expect(metrics.rmse).toBeGreaterThan(0);
  });

  it("falls back on the past mean where the naive forecast knows nothing", () => {
    const context = contextWith({ horizon: 100 });
    const { forecast } = computeMetrics(
      tuned(weekly([2, 4, 2, 4, 8, 9]), context),
      () => new DummyRegressor(),
      noKpis,
      context,
    );
    expect([...forecast.baseline]).toEqual([4]);
  });

  it("can be perfect on a constant target", () => {
    const context = contextWith();
    const rows = weekly(new Array(20).fill(5));
    const { metrics } = computeMetrics(tuned(rows, context), () => new DummyRegressor(), noKpis, context);
    expect(metrics).toMatchObject({ rmse: 0, r2: 1, rmse_vs_baseline: 0, mase: Number.NaN });
  });

  it("has no MASE without a time: the order of rows means nothing then", () => {
    const context = contextWith({ time: null });
    const rows = priced(40).drop(["week"]);
    const { metrics } = computeMetrics(tuned(rows, context), () => new DummyRegressor(), noKpis, context);
    expect(metrics.mase).toBeNaN();
    expect(metrics.rmse).toBeGreaterThan(0);
  });
});

describe("computeMetrics of classes", () => {
  const labelled = (labels: readonly string[]) =>
    weekly(new Array(labels.length).fill(0), {
      sales: categoricalOf(labels),
      x: numeric(Float64Array.from(labels, (label, row) => label.charCodeAt(0) + (row % 3) / 10)),
    });
  const forest = (): Estimator => new RandomForestClassifier({ nEstimators: 10 });

  it("measures against how often each class occurred before", () => {
    // 20 rows: 17 in the past, 12 of them "a".
    const labels = [..."abaabaaabaabaabba", ..."aba"];
    const context = contextWith();
    const { metrics, forecast } = computeMetrics(tuned(labelled(labels), context), forest, noKpis, context);
    const share = labels.slice(0, 17).filter((label) => label === "a").length / 17;
    expect(forecast.baseline[0]).toBeCloseTo(share, 12);
    const baselineLoss = -(2 * Math.log(share) + Math.log(1 - share)) / 3;
    expect(metrics.log_loss_vs_baseline).toBeCloseTo(1 - metrics.log_loss / baselineLoss, 9);
    expect(metrics.accuracy_vs_baseline).toBeCloseTo(1 - (1 - metrics.accuracy) / (1 / 3), 9);
  });

  it("counts a class that shows up in the test rows only as a miss", () => {
    const labels = [..."abababababababababab", ..."cccc"];
    const context = contextWith();
    const { metrics, forecast } = computeMetrics(tuned(labelled(labels), context), forest, noKpis, context);
    expect(forecast.probabilities).toHaveLength(3 * forecast.actual.length);
    expect(metrics.accuracy).toBe(0);
    expect(metrics.log_loss).toBeGreaterThan(10);
  });

  it("does the same where the past holds a single class", () => {
    const labels = [..."aaaaaaaaaaaaaaaaaaaa", ..."bbab"];
    const context = contextWith();
    const { metrics, forecast } = computeMetrics(tuned(labelled(labels), context), forest, noKpis, context);
    expect(forecast.probabilities).toHaveLength(2 * forecast.actual.length);
    expect(metrics.accuracy).toBeCloseTo(0.25, 12);
  });
});

describe("the default pipeline on real scenarios", () => {
  let scenarios: RealScenario[] = [];
  beforeAll(async () => {
    scenarios = await orangeJuice([
      [2, 1],
      [5, 4],
      [137, 11],
    ]);
  });

  async function evaluate({ rows, context }: RealScenario, pipeline = new Pipeline()): Promise<Evaluation> {
    const outcome = await trainScenario(pipeline, rows, context);
    if (outcome.status === "failed") throw new Error(outcome.failure.stack);
    return outcome.evaluation;
  }

  it("beats the naive forecast by far", async () => {
    for (const scenario of scenarios) {
      const { metrics, trials } = await evaluate(scenario);
      expect(metrics.rmse_vs_baseline).toBeGreaterThan(0.15);
      expect(metrics.rmse).toBeLessThan(1);
      expect(trials).toHaveLength(3);
    }
  });

  it("is determined by rows and seed to the last bit", async () => {
    const [scenario] = scenarios;
    const [first, second, other] = [0, 0, 1].map((seed) =>
      trainScenario(new Pipeline(), scenario.rows, { ...scenario.context, seed }),
    );
    const results = await Promise.all([first, second, other]);
    const parts = results.map((outcome) => {
      if (outcome.status === "failed") throw new Error(outcome.failure.stack);
      return {
        metrics: outcome.evaluation.metrics,
        bytes: Buffer.from(encodeTrainedModel(outcome.model)).toString("hex"),
      };
    });
    expect(parts[1].metrics).toEqual(parts[0].metrics);
    expect(parts[1].bytes).toBe(parts[0].bytes);
    expect(parts[2].bytes).not.toBe(parts[0].bytes);
  });

  it("does not depend on the order of rows, nor the features on that of columns", async () => {
    const [{ rows, context }] = scenarios;
    const reversedRows = rows.take(Int32Array.from({ length: rows.numRows }, (_, i) => rows.numRows - 1 - i));
    const original = await evaluate({ rows, context });
    const reversed = await evaluate({ rows: reversedRows, context });
    expect(reversed.metrics).toEqual(original.metrics);
    const permuted = await evaluate({ rows: rows.select([...rows.names].reverse()), context });
    expect([...permuted.features.names].sort()).toEqual([...original.features.names].sort());
    expect(permuted.dropped.map(({ name }) => name).sort()).toEqual(original.dropped.map(({ name }) => name).sort());
  });

  it("agrees with a linear model fitted by hand through the same stages", async () => {
    class Ridge extends Pipeline {
      override searchSpace() {
        return {};
      }
      override makePipeline() {
        return new RidgeRegressor({ alpha: 1 });
      }
      override selectFeatures(...args: Parameters<Pipeline["selectFeatures"]>) {
        const selected = selectFeatures(...args);
        return { ...selected, features: selected.features.select(["price1", "deal"]) };
      }
    }
    const evaluation = await evaluate(scenarios[0], new Ridge());
    const { features, target, split } = evaluation;
    const past = Int32Array.from([...split.train, ...split.validation]);
    const model = new RidgeRegressor({ alpha: 1 }).fit(
      features.take(past),
      Float64Array.from(past, (row) => target[row]),
    );
    expect(evaluation.forecast.predicted).toEqual(model.predict(features.take(split.test)));
    const squares = Array.from(evaluation.forecast.predicted, (value, i) => (value - target[split.test[i]]) ** 2);
    expect(evaluation.metrics.rmse).toBeCloseTo(Math.sqrt(mean(squares)), 12);
  });
});
