import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Benchmark, BenchmarkRow } from "./benchmark.ts";
import { artifacts, newRunsFolder, row, run, scenarioCommand } from "./measure.ts";

const folder = join(artifacts, "many-scenarios");
const project = ["--project", "test/bench/projects/many-scenarios", "--json"];
const count = 100_000;
/** Numbers of finished scenarios at which the clock is read. */
const checkpoints = [count / 4, count / 2, count];
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
        from range(${count}) s(series), range(60) w(week)
      )
      select series::integer as series, week::integer as week, 1 + u as price, (v < 0.2)::integer as promotion,
        10 * level - 2 * u + (v < 0.2)::integer + hash(series, week, 4) / 2.0 ** 64 as sales
      from uniform order by series, week
    ) to '${file}.part' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
  renameSync(`${file}.part`, file);
}

function memoryRow(what: string, peakMiB: number): BenchmarkRow {
  const note = "peak of the whole process tree, against the limit";
  return row({ name: `${what}: memory`, ours: peakMiB, peer: limitMiB, unit: "MiB", target: 1, note });
}

/** Seconds from the start to each checkpoint, and the peak memory. */
async function trainAll(): Promise<{ seconds: number[]; peakMiB: number }> {
  const start = performance.now();
  const seconds: number[] = [];
  let finished = 0;
  const onOutput = (text: string) => {
    for (const character of text) if (character === "\n") finished++;
    while (finished >= checkpoints[seconds.length]) seconds.push((performance.now() - start) / 1000);
  };
  const env = { MLFLOW_TRACKING_URI: newRunsFolder() };
  const command = [...scenarioCommand, "train", "--all", ...project];
  const { peakMiB } = await run(command, { env, memoryIntervalMs: 250, onOutput });
  return { seconds, peakMiB };
}

/** Whether a hundred thousand scenarios stay within bounded memory, and take time in proportion to their number. */
const manyScenarios: Benchmark = {
  name: "many-scenarios",
  async run() {
    await makeData();
    const list = await run([...scenarioCommand, "list", ...project], { memoryIntervalMs: 50 });
    const { seconds, peakMiB } = await trainAll();
    const perScenario = seconds.map((time, i) => (time / checkpoints[i]) * 1000);
    return [
      row({ name: "list 100,000", ours: list.seconds, peer: list.seconds, unit: "s", target: null, note: "no peer" }),
      memoryRow("list 100,000", list.peakMiB),
      ...checkpoints.map((finished, i) => {
        const name = `ridge train --all, ${finished.toLocaleString("en")} finished`;
        const note = `${seconds[i].toFixed(0)} s; ms a scenario against those of the first quarter: linear is 1x`;
        return row({
          name,
          ours: perScenario[i],
          peer: perScenario[0],
          unit: "ms",
          target: i === 0 ? null : 0.9,
          note,
        });
      }),
      memoryRow("ridge train --all 100,000", peakMiB),
    ];
  },
};

export const benchmarks: readonly Benchmark[] = [manyScenarios];
