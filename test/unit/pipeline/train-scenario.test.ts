import { describe, expect, it } from "vitest";
import { DummyRegressor } from "../../../runner/estimators/dummy-regressor.ts";
import type { Failure } from "../../../runner/pipeline/failure.ts";
import { Pipeline } from "../../../runner/pipeline/pipeline.ts";
import { type TrainingStage, trainingStages } from "../../../runner/pipeline/stages.ts";
import { predictScenario, type StageListener, trainScenario } from "../../../runner/pipeline/train-scenario.ts";
import { numeric } from "../../../runner/table/column.ts";
import type { Table } from "../../../runner/table/table.ts";
import { contextWith, priced } from "./scenario.ts";

type Log = string[];
const listener =
  (log: Log): StageListener =>
  ({ phase, stage }) =>
    void log.push(`${phase} ${stage}`);

/** The default pipeline with a quick model; the stage does something else first. */
function pipelineWith(stage: TrainingStage, first: () => unknown): Pipeline {
  class Overridden extends Pipeline {
    override searchSpace() {
      return {};
    }
    override makePipeline() {
      return new DummyRegressor();
    }
  }
  const pipeline = new Overridden();
  const original = pipeline[stage].bind(pipeline) as (...args: unknown[]) => unknown;
  Object.assign(pipeline, {
    [stage]: async (...args: unknown[]) => {
      await first();
      return await original(...args);
    },
  });
  return pipeline;
}

async function failureOf(pipeline: Pipeline): Promise<Failure> {
  const outcome = await trainScenario(pipeline, priced(30), contextWith());
  if (outcome.status === "succeeded") throw new Error("it did not fail");
  return outcome.failure;
}

describe("trainScenario", () => {
  it("runs the stages in order, says so, and times each", async () => {
    const log: Log = [];
    const outcome = await trainScenario(new Pipeline(), priced(30), contextWith(), listener(log));
    expect(outcome.status).toBe("succeeded");
    expect(log).toEqual(trainingStages.flatMap((stage) => [`start ${stage}`, `end ${stage}`]));
    expect(outcome.stages.map(({ name }) => name)).toEqual([...trainingStages]);
    for (const { ms } of outcome.stages) expect(ms).toBeGreaterThanOrEqual(0);
  });

  it.each(trainingStages)("waits for an overridden %s that answers later", async (stage) => {
    let waited = false;
    const pipeline = pipelineWith(stage, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      waited = true;
    });
    expect((await trainScenario(pipeline, priced(30), contextWith())).status).toBe("succeeded");
    expect(waited).toBe(true);
  });

  it.each(trainingStages)("fails in %s when it throws there, and runs nothing after it", async (stage) => {
    const pipeline = pipelineWith(stage, () => {
      throw new RangeError("too hot");
    });
    const log: Log = [];
    const outcome = await trainScenario(pipeline, priced(30), contextWith(), listener(log));
    expect(outcome).toMatchObject({
      status: "failed",
      failure: { name: "RangeError", message: "too hot", stage, location: { file: import.meta.filename } },
    });
    expect(log.at(-1)).toBe(`end ${stage}`);
    expect(outcome.stages.at(-1)?.name).toBe(stage);
  });

  it.each([
    ["text", "no"],
    ["undefined", undefined],
    ["null", null],
  ])("survives a stage that throws %s", async (_, thrown) => {
    const failure = await failureOf(
      pipelineWith("selectFeatures", () => {
        throw thrown;
      }),
    );
    expect(failure.message).toBe(`something that is not an Error was thrown: ${thrown}`);
    expect(failure.stage).toBe("selectFeatures");
  });

  it.each(trainingStages)("says that %s returned nothing when its override forgot to", async (stage) => {
    const pipeline = Object.assign(new Pipeline(), { [stage]: () => {} });
    expect(await failureOf(pipeline)).toMatchObject({
      name: "StageOutputError",
      stage,
      message: `${stage} returned nothing; return its output, or what \`super.${stage}(...)\` returns`,
    });
  });

  it("gives a stage's own output to the next, and what a stage changed is what counts", async () => {
    class OnlyPrice extends Pipeline {
      override async selectFeatures(...args: Parameters<Pipeline["selectFeatures"]>) {
        const selected = await super.selectFeatures(...args);
        return { ...selected, features: selected.features.select(["price"]) };
      }
      override kpis(actual: Float64Array, _: Float64Array, rows: Table) {
        return { turnover: rows.numbers("price").reduce((sum, price, row) => sum + price * actual[row], 0) };
      }
    }
    const outcome = await trainScenario(new OnlyPrice(), priced(40), contextWith());
    if (outcome.status === "failed") throw new Error(outcome.failure.stack);
    expect(outcome.model.features).toEqual(["price"]);
    expect(outcome.model.recipe.features.map(({ name }) => name)).toEqual(["price"]);
    expect(outcome.content.metrics.turnover).toBeGreaterThan(0);
    expect(outcome.content.params).toMatchObject({ num_features: 1, task: "regression", horizon: 1, seed: 0 });
    expect(Object.keys(outcome.content.artifacts)).toEqual(expect.arrayContaining(["features.json", "trials.json"]));
  });

  it("lets no KPI pass for a metric", async () => {
    class Flattering extends Pipeline {
      override kpis() {
        return { rmse: 0 };
      }
    }
    const outcome = await trainScenario(new Flattering(), priced(40), contextWith());
    expect(outcome.status === "failed" && outcome.failure).toMatchObject({
      stage: "computeMetrics",
      message: expect.stringContaining('names a figure "rmse", which is a metric already'),
    });
  });

  it("adds the user's features in training and prediction alike", async () => {
    class LogPrice extends Pipeline {
      override addFeatures(rows: Table) {
        return rows.with({ log_price: numeric(rows.numbers("price").map(Math.log)) });
      }
    }
    const pipeline = new LogPrice();
    const outcome = await trainScenario(pipeline, priced(40), contextWith());
    if (outcome.status === "failed") throw new Error(outcome.failure.stack);
    expect(outcome.model.features).toContain("log_price");
    const future = priced(44).slice(40, 44).drop(["sales"]);
    const predicted = await predictScenario(pipeline, () => outcome.model, future, contextWith());
    expect(predicted.status).toBe("succeeded");
  });

  it("trains a scenario that has no useful feature at all, by saying the mean", async () => {
    const context = contextWith({ time: null });
    const outcome = await trainScenario(new Pipeline(), priced(30).drop(["week", "price"]), context);
    if (outcome.status === "failed") throw new Error(outcome.failure.stack);
    expect(new Set(outcome.evaluation.forecast.predicted).size).toBe(1);
    expect(context.warnings.join()).toMatch(/no feature/);
  });
});

describe("predictScenario", () => {
  it("fails in predict, also when the model can't be read", async () => {
    const read = () => {
      throw new Error("the model is damaged");
    };
    expect(await predictScenario(new Pipeline(), read, priced(4), contextWith())).toMatchObject({
      status: "failed",
      stages: [{ name: "predict" }],
      failure: { stage: "predict", message: "the model is damaged" },
    });
  });
});
