/** Our side of peers/forest_large.py: `node forest-large.ts FOLDER MAX_FEATURES(all|third) THREADS [TREES]`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RandomForestRegressor } from "../../runner/estimators/forest/index.ts";
import { rmse, tableOf } from "./forest-scenarios.ts";

const FEATURES = 30;

function read(path: string) {
  const bytes = readFileSync(path);
  const both = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  const rows = both.length / (FEATURES + 1);
  const table = tableOf(both, rows, FEATURES + 1);
  return { features: table.drop([`x${FEATURES}`]), target: table.numbers(`x${FEATURES}`) };
}

if (import.meta.main) {
  const [folder, maxFeatures, threads, trees = "100"] = process.argv.slice(2);
  const train = read(join(folder, "train.f64"));
  const test = read(join(folder, "test.f64"));
  const forest = new RandomForestRegressor({
    nEstimators: Number(trees),
    maxFeatures: maxFeatures === "third" ? "third" : null,
  });
  const start = performance.now();
  forest.fit(train.features, train.target, { numThreads: Number(threads) });
  const seconds = (performance.now() - start) / 1000;
  const error = rmse(forest.predict(test.features), test.target);
  console.log(JSON.stringify({ seconds, rmse: error, peakMiB: process.resourceUsage().maxRSS / 1024 }));
}
