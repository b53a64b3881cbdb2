import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Benchmark, BenchmarkRow } from "./benchmark.ts";
import { artifacts, type Cost, root, row, run, scenarioCommand } from "./measure.ts";

const folder = join(artifacts, "many-scenarios");
const projectDir = join(root, "test/bench/projects/many-scenarios");
const project = ["--project", projectDir, "--json"];
const limitMiB = 1536;
const sizes = [25_000, 50_000, 100_000];

/** 100,000 series of 60 weeks: a level, a price effect and noise; made once. */
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
        from range(${Math.max(...sizes)}) s(series), range(60) w(week)
      )
      select series::integer as series, week::integer as week, 1 + u as price, (v < 0.2)::integer as promotion,
        10 * level - 2 * u + (v < 0.2)::integer + hash(series, week, 4) / 2.0 ** 64 as sales
      from uniform order by series, week
    ) to '${file}.part' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
  renameSync(`${file}.part`, file);
}

function memoryRow(what: string, { peakMiB }: Cost): BenchmarkRow {
  const note = "peak of the whole process tree, against the limit";
  return row({ name: `${what}: memory`, ours: peakMiB, peer: limitMiB, unit: "MiB", target: 1, note });
}

async function train(count: number): Promise<Cost> {
  // Runs of an earlier measurement must not count; removing them is not part of the work.
  rmSync(join(projectDir, "mlruns"), { recursive: true, force: true });
  return run([...scenarioCommand, "train", "--all", "--where", `series < ${count}`, ...project], 250);
}

/** Whether a hundred thousand scenarios stay within bounded memory, and take time in proportion to their number. */
const manyScenarios: Benchmark = {
  name: "many-scenarios",
  async run() {
    await makeData();
    const list = await run([...scenarioCommand, "list", ...project], 50);
    const rows = [
      row({ name: "list 100,000", ours: list.seconds, peer: list.seconds, unit: "s", target: null, note: "no peer" }),
      memoryRow("list 100,000", list),
    ];
    const costs: Cost[] = [];
    for (const count of sizes) costs.push(await train(count));
    const perScenario = costs.map(({ seconds }, i) => (seconds / sizes[i]) * 1000);
    for (const [i, count] of sizes.entries()) {
      const name = `ridge train --all ${count.toLocaleString("en")}`;
      const note = "time per scenario, against that of the smallest number; linear is 1x";
      const target = i === 0 ? null : 0.9;
      rows.push(row({ name, ours: perScenario[i], peer: perScenario[0], unit: "ms", target, note }));
      rows.push(memoryRow(name, costs[i]));
    }
    rmSync(join(projectDir, "mlruns"), { recursive: true, force: true });
    return rows;
  },
};

export const benchmarks: readonly Benchmark[] = [manyScenarios];
