import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Estimator } from "../../../runner/estimators/estimator.ts";
import { rollingStatistics } from "../../../runner/features/recipe.ts";
import { synthesizeFeatures } from "../../../runner/features/synthesize.ts";
import { Pipeline } from "../../../runner/pipeline/pipeline.ts";
import { predict } from "../../../runner/pipeline/predict.ts";
import { predictionsTable } from "../../../runner/pipeline/predictions-table.ts";
import { trainScenario } from "../../../runner/pipeline/train-scenario.ts";
import {
  decodeTrainedModel,
  encodeTrainedModel,
  type TrainedModel,
  trainedModel,
} from "../../../runner/pipeline/trained-model.ts";
import { type Column, categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";
import { contextWith, priced, type TestContext, weekly } from "./scenario.ts";

async function train(rows: Table, context: TestContext, pipeline = new Pipeline()): Promise<TrainedModel> {
  const outcome = await trainScenario(pipeline, rows, context);
  if (outcome.status === "failed") throw new Error(outcome.failure.stack);
  return decodeTrainedModel(encodeTrainedModel(outcome.model), pipeline.estimators);
}

/** Predicts nothing but remembers what it was asked. */
class Recorder implements Estimator {
  seen: Table | null = null;
  getParams() {
    return {};
  }
  fit() {
    return this;
  }
  predict(features: Table) {
    this.seen = features;
    return new Float64Array(features.numRows);
  }
  toState() {
    return null;
  }
}

const NaNs = (length: number) => new Float64Array(length).fill(Number.NaN);

const ascending = (gaps: readonly number[], first: number) => {
  let time = first;
  return Float64Array.from(gaps, (gap) => (time += gap));
};
const anyGaps = (minLength: number, maxLength: number) =>
  fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 0, max: 9 })), {
    minLength,
    maxLength,
  });
const anyValues = (length: number) =>
  fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: length, maxLength: length });

/** A training series, rows after it, and which of these bring their own target. */
const anyForecast = fc
  .record({
    gaps: anyGaps(1, 40),
    later: anyGaps(1, 15),
    horizon: fc.integer({ min: 1, max: 8 }),
    step: fc.integer({ min: 1, max: 3 }),
    lag: fc.integer({ min: 1, max: 12 }),
    window: fc.integer({ min: 1, max: 12 }),
  })
  .chain((series) =>
    fc.record({
      series: fc.constant(series),
      past: anyValues(series.gaps.length),
      own: fc.array(fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true })), {
        minLength: series.later.length,
        maxLength: series.later.length,
      }),
    }),
  );

describe("predict", () => {
  it("gives each row the features that the whole series would give it, from the model's own memory", () => {
    fc.assert(
      fc.property(anyForecast, ({ series: { gaps, later, horizon, step, lag, window }, past, own }) => {
        const times = ascending(gaps, 0);
        // Rows to come lie after the training rows; the first may share nothing but the order with them.
        const laterTimes = ascending(later, times[times.length - 1] + 1);
        const context = contextWith({ horizon, step });
        const recipe = {
          time: "week",
          target: "sales",
          horizon,
          step,
          features: [
            { kind: "lag" as const, name: "lag", lag },
            ...rollingStatistics.map((statistic) => ({
              kind: "rolling" as const,
              name: statistic,
              window,
              statistic,
            })),
          ],
        };
        const estimator = new Recorder();
        const model = trainedModel("store=2", {
          task: "regression",
          classes: [],
          recipe,
          features: new Table(recipe.features.map(({ name }) => [name, numeric(new Float64Array(gaps.length))])),
          rows: weekly(past, { week: numeric(times) }),
          target: Float64Array.from(past),
          params: {},
          model: estimator,
        } as never);
        const target = Float64Array.from(own, (value) => value ?? Number.NaN);
        predict(model, new Table({ week: numeric(laterTimes), sales: numeric(target) }), context);

        const all = new Table({ week: numeric(Float64Array.of(...times, ...laterTimes)) });
        const expected = synthesizeFeatures(recipe, all, Float64Array.of(...past, ...target));
        const wanted = [...target.keys()].filter((row) => Number.isNaN(target[row])).map((row) => gaps.length + row);
        for (const [name] of expected.entries()) {
          expect(estimator.seen?.numbers(name)).toEqual(expected.take(Int32Array.from(wanted)).numbers(name));
        }
      }),
      { numRuns: 400 },
    );
  });

  it("predicts every row when the target column is absent, and when it is empty", async () => {
    const context = contextWith({ horizon: 2 });
    const all = priced(60);
    const model = await train(all.slice(0, 50), context);
    const future = all.slice(50, 60);
    const absent = predict(model, future.drop(["sales"]), context);
    const empty = predict(model, future.with({ sales: numeric(NaNs(10)) }), context);
    const emptyText = predict(model, future.with({ sales: categoricalOf(new Array(10).fill(null)) }), context);
    expect(absent.predicted).toHaveLength(10);
    expect(empty.predicted).toEqual(absent.predicted);
    expect(emptyText.predicted).toEqual(absent.predicted);
  });

  it("predicts rows without a target only, and lets the others tell what has happened since", async () => {
    const context = contextWith({ horizon: 1 });
    const all = priced(60);
    const model = await train(all.slice(0, 50), context);
    const future = all.slice(50, 60);
    const sales = future.numbers("sales").map((value, row) => (row < 8 ? value * 3 : Number.NaN));
    const updated = predict(model, future.with({ sales: numeric(sales) }), context);
    expect([...updated.rows.numbers("week")]).toEqual([58, 59]);
    expect(updated.predicted).toHaveLength(2);
    const blind = predict(model, future.drop(["sales"]), context);
    expect(updated.predicted).not.toEqual(blind.predicted.slice(8));
  });

  it("gives the same predictions whether the training rows are sent along or not", async () => {
    const context = contextWith({ horizon: 3 });
    const all = priced(60);
    const model = await train(all.slice(0, 50), context);
    const sales = all.numbers("sales").map((value, row) => (row < 50 ? value : Number.NaN));
    const withPast = predict(model, all.with({ sales: numeric(sales) }), context);
    expect(withPast.predicted).toEqual(predict(model, all.slice(50, 60).drop(["sales"]), context).predicted);
  });

  it("orders rows by time and says what it left out", async () => {
    const context = contextWith();
    const model = await train(priced(50), context);
    context.warnings.length = 0;
    const future = weekly([0, 0, 0, 0], {
      week: numeric(Float64Array.of(53, Number.NaN, 51, 52)),
      price: numeric(Float64Array.of(1, 1, 2, 1)),
    }).drop(["sales"]);
    expect([...predict(model, future, context).rows.numbers("week")]).toEqual([51, 52, 53]);
    expect(context.warnings).toEqual(['1 rows without "week" are left out']);
  });

  it("has nothing to say about no rows", async () => {
    const context = contextWith();
    const model = await train(priced(50), context);
    const predictions = predict(model, priced(0), context);
    expect(predictions.predicted).toHaveLength(0);
    expect(predictionsTable(predictions, context).numRows).toBe(0);
  });

  it("does not need the columns that training found useless", async () => {
    const context = contextWith();
    const constant = { closed: numeric(new Float64Array(50)) };
    const model = await train(priced(50).with(constant), context);
    expect(predict(model, priced(60).slice(50, 60).drop(["sales"]), context).predicted).toHaveLength(10);
  });

  it("names a column that it needs and that is absent", async () => {
    const context = contextWith();
    const model = await train(priced(50), context);
    expect(() => predict(model, priced(60).slice(50, 60).drop(["price"]), context)).toThrow(/"price"/);
  });

  it("reads times that come as time stamps where training had dates, and the other way round", async () => {
    const context = contextWith({ horizon: 2 });
    const all = priced(60);
    const days = all.numbers("week").map((week) => 7 * week);
    const asDates = all.with({ week: numeric(days, "date") });
    const asTimestamps = all.with({
      week: numeric(
        days.map((day) => day * 86_400_000),
        "timestamp",
      ),
    });
    for (const [past, future] of [
      [asDates, asTimestamps],
      [asTimestamps, asDates],
    ]) {
      const model = await train(past.slice(0, 50), context);
      const same = predict(model, past.slice(50, 60).drop(["sales"]), context);
      expect(predict(model, future.slice(50, 60).drop(["sales"]), context).predicted).toEqual(same.predicted);
    }
  });

  it("refuses times of another kind, which would mean other moments", async () => {
    const context = contextWith();
    const model = await train(priced(50), context);
    const future = priced(60).slice(50, 60).drop(["sales"]);
    const dated = future.with({ week: numeric(future.numbers("week"), "date") });
    expect(() => predict(model, dated, context)).toThrow(
      /"week" held integer values in training and holds date values/,
    );
  });
});

describe("predict without a time", () => {
  it("predicts each row for itself", async () => {
    const context = contextWith({ time: null });
    const rows = priced(50).drop(["week"]);
    const model = await train(rows, context);
    const all = predict(model, rows.drop(["sales"]), context).predicted;
    const alone = predict(model, rows.slice(7, 8).drop(["sales"]), context).predicted;
    expect(alone[0]).toBe(all[7]);
  });
});

describe("predict and categories", () => {
  const colours = (numRows: number, names: readonly string[]): Readonly<Record<string, Column>> => ({
    colour: categoricalOf(Array.from({ length: numRows }, (_, row) => names[row % names.length])),
  });

  it("takes categories that training never saw", async () => {
    const context = contextWith();
    const model = await train(priced(40).with(colours(40, ["red", "green"])), context);
    const future = priced(45).slice(40, 45).drop(["sales"]);
    const { predicted } = predict(model, future.with(colours(5, ["violet"])), context);
    expect([...predicted].every(Number.isFinite)).toBe(true);
  });

  it("goes by the text of a category and not by its code", async () => {
    const context = contextWith();
    const model = await train(priced(40).with(colours(40, ["red", "green"])), context);
    const future = priced(45).slice(40, 45).drop(["sales"]);
    const all = predict(model, future.with(colours(5, ["green", "red"])), context).predicted;
    const tail = future.with(colours(5, ["green", "red"])).slice(1, 5);
    // Alone, "red" is the first category of its table.
    const recoded = tail.with({ colour: categoricalOf(["red", "green", "red", "green"]) });
    expect(predict(model, recoded, context).predicted).toEqual(all.slice(1));
  });

  it("copes with a column of ten thousand categories", async () => {
    const context = contextWith();
    const names = Array.from({ length: 10_000 }, (_, i) => `customer ${i}`);
    const model = await train(priced(200).with(colours(200, names)), context);
    expect(
      predict(model, priced(210).slice(200, 210).drop(["sales"]).with(colours(10, names)), context).predicted,
    ).toHaveLength(10);
  });
});

describe("predict and classes", () => {
  const labelled = (numRows: number, labels: readonly string[]) => {
    const rows = priced(numRows);
    return rows.with({
      sales: categoricalOf(Array.from(rows.numbers("price"), (price) => labels[Math.round(price * 4) % labels.length])),
    });
  };

  it.each([
    ["two", ["no", "yes"]],
    ["three", ["low", "mid", "top"]],
  ])("tells %s classes by their labels, with a probability for each", async (_, labels) => {
    const context = contextWith();
    const model = await train(labelled(60, labels), context);
    const future = labelled(70, labels).slice(60, 70);
    const predictions = predict(model, future.drop(["sales"]), context);
    const table = predictionsTable(predictions, context);
    expect(table.names).toEqual(["store", "week", "prediction", ...labels.map((label) => `probability_${label}`)]);
    for (let row = 0; row < table.numRows; row++) {
      const values = table.row(row);
      const probabilities = labels.map((label) => Number(values[`probability_${label}`]));
      expect(probabilities.reduce((sum, p) => sum + p)).toBeCloseTo(1, 9);
      expect(values.prediction).toBe(labels[probabilities.indexOf(Math.max(...probabilities))]);
      expect(values.prediction).toBe(future.row(row).sales);
    }
  });

  it("leaves out rows whose class is known", async () => {
    const context = contextWith();
    const model = await train(labelled(60, ["no", "yes"]), context);
    const future = labelled(64, ["no", "yes"]).slice(60, 64);
    const sales = categoricalOf(["no", null, "yes", null]);
    expect([...predict(model, future.with({ sales }), context).rows.numbers("week")]).toEqual([61, 63]);
  });
});
