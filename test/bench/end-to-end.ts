import { join } from "node:path";
import * as z from "zod/mini";
import type { Benchmark } from "./benchmark.ts";
import { medians, newRunsFolder, python, root, rounds, row, run, scenarioCommand } from "./measure.ts";

const project = "test/bench/projects/fixed-forest";
const script = join(root, "test/bench/peers/end_to_end.py");

/** The last lines that the two programs print. */
const ourSummary = z.object({
  summary: z.object({ succeeded: z.literal(913), metrics: z.object({ "rmse/mean": z.number() }) }),
});
const peerSummary = z.object({ scenarios: z.literal(913), rmse: z.number() });

interface Trained {
  readonly seconds: number;
  readonly rmse: number;
}

async function trainOurs(): Promise<Trained> {
  const command = [...scenarioCommand, "train", "--all", "--project", project, "--json"];
  const { seconds, lastLine } = await run(command, { env: { MLFLOW_TRACKING_URI: newRunsFolder() } });
  return { seconds, rmse: ourSummary.parse(JSON.parse(lastLine)).summary.metrics["rmse/mean"] };
}

async function trainPeer(...options: readonly string[]): Promise<Trained> {
  const { seconds, lastLine } = await run([python, script, ...options]);
  return { seconds, rmse: peerSummary.parse(JSON.parse(lastLine)).rmse };
}

/** All 913 scenarios of the sample: read, features, forest, metrics, MLflow folder. */
const endToEnd: Benchmark = {
  name: "end-to-end",
  async run() {
    const errors = { ours: Number.NaN, peer: Number.NaN };
    const timed = (side: keyof typeof errors, train: () => Promise<Trained>) => async () => {
      const { seconds, rmse } = await train();
      errors[side] = rmse;
      return seconds;
    };
    const [ours, logged, unlogged] = await medians(
      rounds,
      timed("ours", trainOurs),
      // MLflow makes its default experiment only in a folder that it has made itself.
      timed("peer", () => trainPeer("--mlruns", join(newRunsFolder(), "new"))),
      timed("peer", () => trainPeer()),
    );
    // Mean over the scenarios of the RMSE on the last 15% of their weeks, by the same features.
    const compared = { unit: "s", target: 4, errors: { ...errors, within: 0.01 } };
    const name = "end to end, 913 scenarios, ours with MLflow runs, pandas + scikit-learn + joblib";
    return [
      row({ name: `${name} with MLflow runs`, ours, peer: logged, ...compared }),
      row({ name: `${name} without MLflow runs`, ours, peer: unlogged, ...compared }),
    ];
  },
};

export const benchmarks: readonly Benchmark[] = [endToEnd];
