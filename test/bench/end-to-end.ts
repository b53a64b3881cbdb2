import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Benchmark } from "./benchmark.ts";
import { artifacts, medians, python, root, rounds, row, run, scenarioCommand } from "./measure.ts";

const project = "test/bench/projects/fixed-forest";
const script = join(root, "test/bench/peers/end_to_end.py");
const ourRuns = join(artifacts, "fixed-forest/mlruns");
const peerRuns = join(artifacts, "end-to-end-peer/mlruns");

async function seconds(runs: string | null, command: readonly string[]): Promise<number> {
  if (runs !== null) rmSync(runs, { recursive: true, force: true });
  return (await run(command)).seconds;
}

/** All 913 scenarios of the sample: read, features, forest, metrics, MLflow folder. */
const endToEnd: Benchmark = {
  name: "end-to-end",
  async run() {
    const [ours, logged, unlogged] = await medians(
      rounds,
      () => seconds(ourRuns, [...scenarioCommand, "train", "--all", "--project", project, "--json"]),
      () => seconds(peerRuns, [python, script, "--mlruns", peerRuns]),
      () => seconds(null, [python, script]),
    );
    const common = { ours, unit: "s" };
    return [
      row({ ...common, name: "913 scenarios, both write MLflow runs", peer: logged, target: 4 }),
      row({ ...common, name: "913 scenarios, the peer logs nothing", peer: unlogged, target: null }),
    ];
  },
};

export const benchmarks: readonly Benchmark[] = [endToEnd];
