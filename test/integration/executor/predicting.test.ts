import { beforeAll, describe, expect, it } from "vitest";
import type { ScenarioResult } from "../../../runner/executor/batch.ts";
import { MODEL_FILE, PREDICTIONS_FILE } from "../../../runner/executor/protocol.ts";
import type { Bundle } from "../../../runner/project/bundle.ts";
import { tableFromIpc } from "../../../runner/table/arrow.ts";
import { batchOf, bundleFixture, inOrder, outcomeOf, TestExecutors } from "./executors.ts";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundleFixture("misbehaving");
});

const fileOf = (result: ScenarioResult | undefined, path: string) => {
  const file = result?.status === "succeeded" ? result.files.get(path) : undefined;
  if (file === undefined) throw new Error(`no file ${path}: ${outcomeOf(result)}`);
  return file;
};

describe("a prediction in an executor", () => {
  it("uses each scenario's own model, also behind scenarios that fail", async () => {
    const names = ["damaged", "first", "none", "second"];
    const trained = await new TestExecutors(bundle).results(batchOf(...names));
    const models = names.map((name) => {
      if (name === "none") return new Uint8Array();
      const model = fileOf(trained.get(name), MODEL_FILE);
      return name === "damaged" ? model.slice(0, 40) : model;
    });
    const outcomes = new Map<string, ScenarioResult>();
    const pool = await new TestExecutors(bundle).pool();
    for await (const event of pool.run("predict", inOrder({ ...batchOf(...names), models }))) {
      if (event.type === "result") outcomes.set(String(event.result.scenario.key.behaviour), event.result);
    }
    expect(outcomeOf(outcomes.get("damaged"))).toMatch(/^ModelFileError: the model file is (damaged|cut off)/);
    expect(outcomeOf(outcomes.get("none"))).toBe("NoModelError: this scenario has no model yet; train it first");
    for (const name of ["first", "second"]) {
      // All rows of the batch have a target, so there is nothing to predict, and the table says so.
      expect(tableFromIpc(fileOf(outcomes.get(name), PREDICTIONS_FILE)).names).toEqual([
        "behaviour",
        "week",
        "prediction",
      ]);
    }
  });
});
