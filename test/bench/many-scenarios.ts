import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import * as z from "zod/mini";
import type { Benchmark, BenchmarkRow } from "./benchmark.ts";
import { artifacts, newRunsFolder, row, run, scenarioCommand } from "./measure.ts";

const folder = join(artifacts, "many-scenarios");
const project = ["--project", "test/bench/projects/many-scenarios", "--json"];
/** So many the data have. */
const available = 100_000;
/** So many are listed and trained: `BENCH_SCENARIOS`, for a quick look. */
const count = Math.min(available, Number(process.env.BENCH_SCENARIOS ?? available));
/** Numbers of scenarios that are listed; while all are trained, the clock is read when so many are finished. */
const checkpoints = [count / 4, count / 2, count].map(Math.round);
/** So many are trained with an MLflow run each. */
const countWithRuns = Math.round(count / 10);
const limitMiB = 1536;

/** So many series of 60 weeks: a level, a price effect and noise; made once. */
async function makeData(): Promise<void> {
  const file = join(folder, "series.parquet");
  if (existsSync(file)) return;
  mkdirSync(folder, { recursive: true });
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  // `hash` makes the same numbers on every machine.
  await connection.run(`
    copy (
      with uniform as (
        select series, week, hash(series, week, 1) / 2.0 ** 64 as u, hash(series, week, 2) / 2.0 ** 64 as v,
          hash(series, 3) / 2.0 ** 64 as level
        from range(${available}) s(series), range(60) w(week)
      )
      select series::integer as series, week::integer as week, 1 + u as price, (v < 0.2)::integer as promotion,
        10 * level - 2 * u + (v < 0.2)::integer + hash(series, week, 4) / 2.0 ** 64 as sales
      from uniform order by series, week
    ) to '${file}.part' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
  renameSync(`${file}.part`, file);
}

/** The options that leave the first `number` scenarios. */
function first(number: number): string[] {
  return number === available ? [] : ["--where", `series < ${number}`];
}

interface Measured {
  /** Scenarios that it told of, one a line. */
  readonly count: number;
  readonly seconds: number;
  readonly peakMiB: number;
}

async function list(number: number): Promise<Measured> {
  let lines = 0;
  const onOutput = (text: string) => {
    lines += countLines(text);
  };
  const command = [...scenarioCommand, "list", ...project, ...first(number)];
  const { seconds, peakMiB } = await run(command, { memoryIntervalMs: 50, onOutput });
  if (lines < number) throw new Error(`${lines} of ${number} scenarios were listed`);
  return { count: number, seconds, peakMiB };
}

const summary = z.object({ summary: z.object({ succeeded: z.number() }) });

/** Trains the first `number` scenarios. Its `at` are the seconds from the start to each checkpoint. */
async function trainAll(number: number, childRuns: "all" | "none"): Promise<Measured & { at: number[] }> {
  const start = performance.now();
  const at: number[] = [];
  let finished = 0;
  const onOutput = (text: string) => {
    finished += countLines(text);
    while (finished >= checkpoints[at.length]) at.push((performance.now() - start) / 1000);
  };
  const env = { MLFLOW_TRACKING_URI: newRunsFolder(), BENCH_CHILD_RUNS: childRuns };
  const command = [...scenarioCommand, "train", "--all", ...project, ...first(number)];
  const { seconds, peakMiB, lastLine } = await run(command, { env, memoryIntervalMs: 250, onOutput });
  const { succeeded } = summary.parse(JSON.parse(lastLine)).summary;
  if (succeeded !== number) throw new Error(`${succeeded} of ${number} scenarios were trained`);
  return { count: number, seconds, peakMiB, at };
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

function memoryRow(what: string, { peakMiB }: Measured): BenchmarkRow {
  const note = "peak of the whole process tree, against the limit";
  return row({ name: `${what}: memory`, ours: peakMiB, peer: limitMiB, unit: "MiB", target: 1, note });
}

/** Time a scenario at each number of scenarios against that at the smallest: 1x is linear. */
function linearRows(what: (number: string) => string, seconds: readonly number[]): BenchmarkRow[] {
  const perScenario = seconds.map((time, i) => (time / checkpoints[i]) * 1000);
  return checkpoints.map((number, i) =>
    row({
      name: what(inWords(number)),
      ours: perScenario[i],
      peer: perScenario[0],
      unit: "ms/scenario",
      target: i === 0 ? null : 0.9,
      note: `${seconds[i].toFixed(1)} s; against the time a scenario of the smallest number: linear is 1x`,
    }),
  );
}

function inWords(number: number): string {
  return number.toLocaleString("en");
}

/** Whether a hundred thousand scenarios stay within bounded memory, and take time in proportion to their number. */
const manyScenarios: Benchmark = {
  name: "many-scenarios",
  async run() {
    await makeData();
    const lists: Measured[] = [];
    for (const number of checkpoints) lists.push(await list(number));
    const trained = await trainAll(count, "none");
    const withRuns = await trainAll(countWithRuns, "all");
    const total = inWords(count);
    return [
      ...linearRows(
        (number) => `list of ${number} scenarios`,
        lists.map(({ seconds }) => seconds),
      ),
      memoryRow(`list of ${total} scenarios`, lists[lists.length - 1]),
      ...linearRows((number) => `ridge train --all of ${total}, no runs of their own, ${number} finished`, trained.at),
      memoryRow(`ridge train --all of ${total}, no runs of their own`, trained),
      row({
        name: `ridge train --all of ${inWords(countWithRuns)}, each with an MLflow run`,
        ours: (withRuns.seconds / countWithRuns) * 1000,
        peer: (trained.seconds / count) * 1000,
        unit: "ms/scenario",
        target: null,
        note: `${withRuns.seconds.toFixed(1)} s, ${withRuns.peakMiB.toFixed(0)} MiB; against the ${total} without runs`,
      }),
    ];
  },
};

export const benchmarks: readonly Benchmark[] = [manyScenarios];
