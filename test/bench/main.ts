import { globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Benchmark, BenchmarkRow, Errors } from "./benchmark.ts";
import { artifacts, runsFolders } from "./measure.ts";

/**
 * `npm run bench [-- NAME ...]`: runs the benchmarks of those names (all without names), prints one table and writes
 * `test/artifacts/bench.json`. A benchmark is whatever the modules beside this one export in `benchmarks`.
 */
async function findBenchmarks(): Promise<Benchmark[]> {
  const found: Benchmark[] = [];
  for (const file of globSync("*.ts", { cwd: import.meta.dirname }).sort()) {
    if (file === "main.ts") continue;
    const module: { benchmarks?: readonly Benchmark[] } = await import(
      pathToFileURL(join(import.meta.dirname, file)).href
    );
    found.push(...(module.benchmarks ?? []));
  }
  return found;
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return value !== 0 && Math.abs(value) < 1000 ? value.toPrecision(3) : value.toFixed(0);
}

function errorsText({ ours, peer, within }: Errors): string {
  return `RMSE ${ours.toFixed(4)}, peer ${peer.toFixed(4)}, may differ by ${within}`;
}

function formatTable(rows: readonly BenchmarkRow[]): string {
  const header = ["name", "ours", "peer", "unit", "ratio", "target", "met", "note"];
  const cells = rows.map(({ name, ours, peer, unit, ratio, target, met, errors, note }) => [
    name,
    figure(ours),
    figure(peer),
    unit,
    `${figure(ratio)}x`,
    target === null ? "" : `${figure(target)}x`,
    met === null ? "" : met ? "yes" : "no",
    [...(errors === undefined ? [] : [errorsText(errors)]), ...(note === undefined ? [] : [note])].join("; "),
  ]);
  const isNumber = [false, true, true, false, true, true, false, false];
  const widths = header.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i].length)));
  const pad = (text: string, i: number) => (isNumber[i] ? text.padStart(widths[i]) : text.padEnd(widths[i]));
  return [header, ...cells].map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}

const names = process.argv.slice(2);
const benchmarks = await findBenchmarks();
const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(", ")}; there are: ${benchmarks.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const rows: BenchmarkRow[] = [];
for (const benchmark of benchmarks) {
  if (names.length > 0 && !names.includes(benchmark.name)) continue;
  console.error(`${benchmark.name} ...`);
  try {
    rows.push(...(await benchmark.run()));
  } catch (error) {
    // One that can't run must not hide the others.
    console.error(`${benchmark.name} could not run:`, error);
  }
}
rmSync(runsFolders, { recursive: true, force: true });
// What the trainings left for `--resume` and `predict`; their bundles stay.
for (const batches of globSync("projects/*/.scenario/batches", { cwd: import.meta.dirname })) {
  rmSync(join(import.meta.dirname, batches), { recursive: true, force: true });
}
mkdirSync(artifacts, { recursive: true });
writeFileSync(join(artifacts, "bench.json"), `${JSON.stringify(rows, null, 2)}\n`);
console.log(formatTable(rows));
