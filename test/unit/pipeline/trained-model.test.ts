import { beforeAll, describe, expect, it } from "vitest";
import { Pipeline } from "../../../runner/pipeline/pipeline.ts";
import { predict } from "../../../runner/pipeline/predict.ts";
import { trainScenario } from "../../../runner/pipeline/train-scenario.ts";
import { decodeTrainedModel, encodeTrainedModel, type TrainedModel } from "../../../runner/pipeline/trained-model.ts";
import { categoricalOf } from "../../../runner/table/column.ts";
import type { Table } from "../../../runner/table/table.ts";
import { orangeJuice } from "./orange-juice.ts";
import { contextWith, priced, type TestContext } from "./scenario.ts";

async function train(rows: Table, context: TestContext): Promise<TrainedModel> {
  const outcome = await trainScenario(new Pipeline(), rows, context);
  if (outcome.status === "failed") throw new Error(outcome.failure.stack);
  return outcome.model;
}

const withClasses = (rows: Table, labels: readonly string[]) =>
  rows.with({
    sales: categoricalOf(Array.from(rows.numbers("price"), (_, row) => labels[(row * 7) % labels.length])),
    colour: categoricalOf(Array.from(rows.numbers("price"), (_, row) => ["red", null, "blue"][row % 3])),
  });

describe("a trained model", () => {
  it.each([
    ["a number", (rows: Table) => rows],
    ["two classes", (rows: Table) => withClasses(rows, ["no", "yes"])],
    ["three classes", (rows: Table) => withClasses(rows, ["low", "mid", "top"])],
  ])("of %s predicts bit by bit the same after it was stored", async (_, make) => {
    const context = contextWith({ horizon: 2 });
    const all = make(priced(60));
    const model = await train(all.slice(0, 50), context);
    const stored = decodeTrainedModel(encodeTrainedModel(model));
    const future = all.slice(50, 60).drop(["sales"]);
    expect(predict(stored, future, context)).toEqual(predict(model, future, context));
    expect(encodeTrainedModel(stored)).toEqual(encodeTrainedModel(model));
  });

  it("remembers no more of the series than its features can reach", async () => {
    const context = contextWith({ horizon: 3 });
    const { history } = await train(priced(500), context);
    // The longest window has 8 rows; the horizon and a step more lie behind it.
    expect(history.times.length).toBeLessThanOrEqual(8 + 3 + 2);
    expect(history.times.at(-1)).toBe(499);
  });

  it("remembers nothing without a time", async () => {
    const { history } = await train(priced(50).drop(["week"]), contextWith({ time: null }));
    expect(history.times).toHaveLength(0);
  });

  it("predicts real scenarios the same after it was stored", async () => {
    const [{ rows, context }] = await orangeJuice([[2, 3]]);
    const outcome = await trainScenario(new Pipeline(), rows.slice(0, 100), context);
    if (outcome.status === "failed") throw new Error(outcome.failure.stack);
    const future = rows.slice(100, rows.numRows).drop(["logmove"]);
    const stored = decodeTrainedModel(encodeTrainedModel(outcome.model));
    expect(predict(stored, future, context)).toEqual(predict(outcome.model, future, context));
  });
});

describe("a model file that can't be used", () => {
  let bytes: Uint8Array;
  beforeAll(async () => {
    bytes = encodeTrainedModel(await train(priced(40), contextWith()));
  });

  it.each([
    ["empty", () => new Uint8Array()],
    ["another kind of file", () => new TextEncoder().encode("PK\u0003\u0004 something zipped, long enough to be read")],
    ["cut off", () => bytes.slice(0, bytes.length >> 1)],
    ["scribbled over at its start", () => bytes.map((byte, i) => (i > 20 && i < 60 ? 0 : byte))],
  ])("is refused when it is %s", (_, make) => {
    expect(() => decodeTrainedModel(make())).toThrow(/model file/);
  });
});
