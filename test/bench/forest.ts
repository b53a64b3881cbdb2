import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RandomForestRegression as LibraryForest } from "ml-random-forest";
import * as z from "zod/mini";
import { RandomForestRegressor } from "../../runner/estimators/forest/index.ts";
import type { Table } from "../../runner/table/table.ts";
import type { Benchmark, BenchmarkRow } from "./benchmark.ts";
import { type ForestScenario, type ForestScenarios, forestScenarios, mean, rmse } from "./forest-scenarios.ts";
import { median, python, root, rounds, row, run } from "./measure.ts";

const TREES = 100;

/** ml-random-forest takes about a second a scenario. */
const LIBRARY_SCENARIOS = 10;

/** The large peer takes minutes, so it runs once; `BENCH_LARGE_ROUNDS` for more. */
const largeRounds = Number(process.env.BENCH_LARGE_ROUNDS ?? 1);

type Share = "third" | "all";

/** Averages over the scenarios: milliseconds of fit and predict, error on the test rows. */
interface Outcome {
  readonly ms: number;
  readonly rmse: number;
}

const timed = z.object({ ms: z.array(z.number()), rmse: z.array(z.number()) });
const large = z.object({ seconds: z.number(), rmse: z.number(), peakMiB: z.number() });

function onAll(scenarios: readonly ForestScenario[], predict: (scenario: ForestScenario) => Float64Array): Outcome {
  const ms: number[] = [];
  const errors: number[] = [];
  for (const scenario of scenarios) {
    const start = performance.now();
    const predicted = predict(scenario);
    ms.push(performance.now() - start);
    errors.push(rmse(predicted, scenario.testTarget));
  }
  return { ms: mean(ms), rmse: mean(errors) };
}

function ours(scenarios: readonly ForestScenario[], share: Share): Outcome {
  const options = { nEstimators: TREES, maxFeatures: share === "all" ? null : share } as const;
  return onAll(scenarios, ({ features, target, testFeatures }) =>
    new RandomForestRegressor(options).fit(features, target).predict(testFeatures),
  );
}

async function scikitLearn(folder: string, share: Share): Promise<Outcome> {
  const { lastLine } = await run([python, join(root, "test/bench/peers/forest_sklearn.py"), folder, share]);
  const { ms, rmse } = timed.parse(JSON.parse(lastLine));
  return { ms: mean(ms), rmse: mean(rmse) };
}

/** Its arrays of arrays are made beforehand, outside the clock. */
function library(scenarios: readonly ForestScenario[], share: Share): Outcome {
  const options = { nEstimators: TREES, maxFeatures: share === "all" ? 1 : 1 / 3, replacement: false, noOOB: true };
  const prepared = scenarios.map((scenario) => ({
    rows: arraysOf(scenario.features),
    target: [...scenario.target],
    testRows: arraysOf(scenario.testFeatures),
  }));
  return onAll(scenarios, (scenario) => {
    const { rows, target, testRows } = prepared[scenarios.indexOf(scenario)];
    const forest = new LibraryForest({ ...options, seed: 42 });
    forest.train(rows, target);
    return Float64Array.from(forest.predict(testRows));
  });
}

function arraysOf(table: Table): number[][] {
  const columns = table.numericColumns().map(([, column]) => column.values);
  return Array.from({ length: table.numRows }, (_, r) => columns.map((values) => values[r]));
}

/** Both sides in turns; the medians of the rounds. */
async function compare(
  one: () => Outcome | Promise<Outcome>,
  other: () => Outcome | Promise<Outcome>,
): Promise<readonly [Outcome, Outcome]> {
  const outcomes: [Outcome, Outcome][] = [];
  for (let round = 0; round < rounds; round++) outcomes.push([await one(), await other()]);
  const middle = (side: 0 | 1): Outcome => ({
    ms: median(outcomes.map((pair) => pair[side].ms)),
    rmse: median(outcomes.map((pair) => pair[side].rmse)),
  });
  return [middle(0), middle(1)];
}

/** How far apart mean RMSEs may be that count as equal. */
const EQUAL = 0.01;

function timeFields([mine, peer]: readonly [Outcome, Outcome]) {
  return { ours: mine.ms, peer: peer.ms, unit: "ms/scenario" };
}

async function perScenario(): Promise<BenchmarkRow[]> {
  using made: ForestScenarios = await forestScenarios(100);
  const { scenarios, folder } = made;
  const few = scenarios.filter((_, position) => position % (scenarios.length / LIBRARY_SCENARIOS) === 0);
  const rows: BenchmarkRow[] = [];
  for (const [share, target] of [
    ["third", 15],
    ["all", 8],
  ] as const) {
    const outcomes = await compare(
      () => ours(scenarios, share),
      () => scikitLearn(folder, share),
    );
    const name = `forest per scenario, ${share} of the features, scikit-learn`;
    const errors = { ours: outcomes[0].rmse, peer: outcomes[1].rmse, within: EQUAL };
    const note = `mean of ${scenarios.length} scenarios`;
    rows.push(row({ name, ...timeFields(outcomes), target, errors, note }));
  }
  for (const share of ["third", "all"] as const) {
    const outcomes = await compare(
      () => ours(few, share),
      () => library(few, share),
    );
    const name = `forest per scenario, ${share} of the features, ml-random-forest`;
    // It draws the features once a tree, so it is another forest: its error is told, not compared.
    const [mine, peer] = outcomes.map(({ rmse }) => rmse.toFixed(4));
    const note = `mean of ${few.length} scenarios; RMSE ${mine}, peer ${peer}`;
    rows.push(row({ name, ...timeFields(outcomes), target: 60, note }));
  }
  return rows;
}

async function oneLarge(): Promise<BenchmarkRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "forest-large-"));
  const script = join(root, "test/bench/peers/forest_large.py");
  try {
    await run([python, script, "write", folder]);
    const measure = async (command: readonly string[]) => large.parse(JSON.parse((await run(command)).lastLine));
    const rows: BenchmarkRow[] = [];
    for (const [share, target] of [
      ["third", 3.5],
      ["all", 5],
    ] as const) {
      const pairs: Record<"mine" | "peer", z.infer<typeof large>>[] = [];
      for (let round = 0; round < largeRounds; round++) {
        const mine = await measure([
          process.execPath,
          join(import.meta.dirname, "forest-large.ts"),
          folder,
          share,
          "2",
        ]);
        pairs.push({ mine, peer: await measure([python, script, "fit", folder, share, "2"]) });
      }
      const [mine, peer] = (["mine", "peer"] as const).map((side) => ({
        seconds: median(pairs.map((pair) => pair[side].seconds)),
        rmse: median(pairs.map((pair) => pair[side].rmse)),
        peakMiB: median(pairs.map((pair) => pair[side].peakMiB)),
      }));
      const errors = { ours: mine.rmse, peer: peer.rmse, within: EQUAL };
      const note = `${largeRounds} round(s)`;
      const name = `forest, 100,000 x 30, 2 threads, ${share} of the features`;
      rows.push(row({ name, ours: mine.seconds, peer: peer.seconds, unit: "s", target, errors, note }));
      rows.push(row({ name: `${name}, memory`, ours: mine.peakMiB, peer: peer.peakMiB, unit: "MiB", target: 2, note }));
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const benchmarks: readonly Benchmark[] = [
  { name: "forest", run: perScenario },
  { name: "forest-large", run: oneLarge },
];
