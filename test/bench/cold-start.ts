import type { Benchmark } from "./benchmark.ts";
import { medians, newRunsFolder, python, rounds, row, run, scenarioCommand } from "./measure.ts";

const train = ["train", "--scenario", "store=2,brand=1", "--project", "samples/orange-juice", "--json"];

/** One scenario from a cold start: the whole program, with the project's bundle, the data, training and the MLflow run. */
const coldStart: Benchmark = {
  name: "cold-start",
  async run() {
    const [ours, peer] = await medians(
      rounds,
      async () =>
        (await run([...scenarioCommand, ...train], { env: { MLFLOW_TRACKING_URI: newRunsFolder() } })).seconds,
      async () => (await run([python, "-c", "import pandas, sklearn.ensemble, mlflow"])).seconds,
    );
    const name = "train one scenario, against Python's imports alone";
    return [row({ name, ours, peer, unit: "s", target: 2 })];
  },
};

export const benchmarks: readonly Benchmark[] = [coldStart];
