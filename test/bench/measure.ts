import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchmarkRow } from "./benchmark.ts";

export const root = join(import.meta.dirname, "../..");
export const artifacts = join(root, "test/artifacts");
export const python = join(root, "test/.venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

/** How often each side of a comparison runs; `BENCH_ROUNDS=1` for a quick look. */
export const rounds = Number(process.env.BENCH_ROUNDS ?? 5);

/** The built command line, run by this very Node. */
export const scenarioCommand: readonly string[] = [process.execPath, join(root, "runner/dist/scenario.js")];

/**
 * Folders for MLflow runs, removed when all benchmarks are done: some file systems (ext4 without a journal) are many
 * times slower at making files for minutes after many were removed. Not in `test/artifacts`: MLflow's tools find no run
 * in a path with a folder `artifacts`.
 */
export const runsFolders = join(root, "test/bench/mlruns", String(process.pid));

/** A fresh folder for MLflow runs. */
export function newRunsFolder(): string {
  mkdirSync(runsFolders, { recursive: true });
  return mkdtempSync(join(runsFolders, "benchmark-"));
}

/** What a finished program cost. */
export interface Cost {
  readonly seconds: number;
  /** Highest sum of the resident memory of the program and its descendants, in MiB; NaN where there is no `/proc`. */
  readonly peakMiB: number;
  /** Last line of the standard output. */
  readonly lastLine: string;
}

/** Sum over a process tree in MiB, memory that processes share counted in each: an upper bound. */
function residentMiB(process: number): number {
  let pages = 0;
  const waiting = [process];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    try {
      pages += Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        waiting.push(
          ...readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
        );
      }
    } catch {
      // Ended between two reads, or no /proc.
    }
  }
  return (pages * 4096) / 2 ** 20;
}

export interface RunOptions {
  /** Environment variables beside those of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Time between two looks at the memory; never when left out. */
  readonly memoryIntervalMs?: number;
  /** Gets the standard output as it comes. */
  readonly onOutput?: (text: string) => void;
}

/**
 * Runs a program to its end, its standard error in the exception when it fails.
 *
 * @throws Error when it exits with another code than 0.
 */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Cost> {
  const [program, ...args] = command;
  if (program === undefined) throw new RangeError("no program given");
  const start = performance.now();
  const env = { ...process.env, ...options.env };
  const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let [lastLine, stderr, peakMiB] = ["", "", Number.NaN];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    // A hundred thousand lines need not be kept.
    lastLine += text;
    lastLine = lastLine.slice(lastLine.lastIndexOf("\n", lastLine.length - 2) + 1);
    options.onOutput?.(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const look = () => {
    const now = residentMiB(child.pid ?? 0);
    if (now > 0 && !(now <= peakMiB)) peakMiB = now;
  };
  const timer = options.memoryIntervalMs === undefined ? undefined : setInterval(look, options.memoryIntervalMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => clearInterval(timer));
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${command.join(" ")} exited with ${code}\n${stderr}`);
  return { seconds, peakMiB, lastLine };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Calls each of the functions `times` times, in turns so that noise of the machine meets all; the medians. */
export async function medians(times: number, ...functions: (() => Promise<number>)[]): Promise<number[]> {
  const results = functions.map(() => [] as number[]);
  for (let round = 0; round < times; round++) {
    for (const [i, measure] of functions.entries()) results[i].push(await measure());
  }
  return results.map(median);
}

/** A row where less is better, with its ratio and verdict. */
export function row(fields: Omit<BenchmarkRow, "ratio" | "met">): BenchmarkRow {
  const { ours, peer, target, errors } = fields;
  const ratio = peer / ours;
  const isEqual = errors === undefined || Math.abs(errors.ours - errors.peer) <= errors.within;
  return { ...fields, ratio, met: target === null ? null : ratio >= target && isEqual };
}
