import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { RandomForestClassifier, RandomForestRegressor } from "../../../runner/estimators/forest/index.ts";
import { forestScenarios, mean, rmse, tableOf } from "../../bench/forest-scenarios.ts";
import { python, root, run } from "../../bench/measure.ts";

describe("RandomForestRegressor is as good as scikit-learn's on 50 orange-juice scenarios", () => {
  it.each(["third", "all"] as const)("looking at %s of the features", async (share) => {
    using made = await forestScenarios(50);
    const script = join(root, "test/bench/peers/forest_sklearn.py");
    const { lastLine } = await run([python, script, made.folder, share]);
    const peer = z.object({ rmse: z.array(z.number()) }).parse(JSON.parse(lastLine));
    expect(peer.rmse.length).toBe(50);
    const errors = made.scenarios.map(({ features, target, testFeatures, testTarget }) => {
      const forest = new RandomForestRegressor({ maxFeatures: share === "all" ? null : "third" });
      return rmse(forest.fit(features, target).predict(testFeatures), testTarget);
    });
    expect(mean(errors) / mean(peer.rmse)).toBeLessThan(1.02);
    expect(mean(errors) / mean(peer.rmse)).toBeGreaterThan(0.98);
  });
});

const datasets = z.array(
  z.object({
    name: z.string(),
    x: z.array(z.array(z.number())),
    y: z.array(z.number()),
    fold: z.array(z.number()),
    numClasses: z.number(),
    accuracy: z.number(),
    logLoss: z.number(),
  }),
);

function runScikitLearn() {
  const { status, stdout, stderr } = spawnSync(python, [join(import.meta.dirname, "scikit-learn.py")], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr);
  return datasets.parse(JSON.parse(stdout));
}

describe("RandomForestClassifier is as good as scikit-learn's, out of fold", () => {
  it.each(runScikitLearn())("on $name", ({ x, y, fold, numClasses, accuracy, logLoss }) => {
    const features = tableOf(Float64Array.from(x.flat()), x.length, x[0].length);
    const target = Float64Array.from(y);
    const rowsOf = (isWanted: (fold: number) => boolean) =>
      Int32Array.from([...fold.keys()].filter((row) => isWanted(fold[row])));
    let hits = 0;
    let loss = 0;
    for (let randomState = 0; randomState < 3; randomState++) {
      for (let number = 0; number < 5; number++) {
        const train = rowsOf((other) => other !== number);
        const test = rowsOf((other) => other === number);
        const labels = Float64Array.from(train, (row) => target[row]);
        const forest = new RandomForestClassifier({ randomState }).fit(features.take(train), labels);
        expect(forest.numClasses).toBe(numClasses);
        const classes = forest.predict(features.take(test));
        const proba = forest.predictProba(features.take(test));
        for (const [i, row] of test.entries()) {
          if (classes[i] === y[row]) hits++;
          loss -= Math.log(Math.max(1e-3, proba[i * numClasses + y[row]]));
        }
      }
    }
    const n = 3 * y.length;
    expect(Math.abs(hits / n - accuracy)).toBeLessThan(0.015);
    expect(loss / n).toBeLessThan(1.1 * logLoss);
  });
});
