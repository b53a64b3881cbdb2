import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { scenarioId } from "../../../runner/data/scenario.ts";
import type { Batch, PoolEvent, PoolOptions, ScenarioResult } from "../../../runner/executor/batch.ts";
import { ExecutorProcess } from "../../../runner/executor/executor-process.ts";
import { resolveLimits } from "../../../runner/executor/limits.ts";
import { ExecutorPool } from "../../../runner/executor/pool.ts";
import type { Limits } from "../../../runner/pipeline/define-project.ts";
import { type Bundle, bundleProject } from "../../../runner/project/bundle.ts";
import { tableToIpc } from "../../../runner/table/arrow.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

const root = join(import.meta.dirname, "../../..");
const runnerDir = join(root, "runner/dist");
export const fixtures = join(root, "test/fixtures/projects");

/** A fixture project as a bundle, with the runner that `npm run build` made. */
export async function bundleFixture(name: string): Promise<Bundle> {
  if (!existsSync(join(runnerDir, "executor.js"))) throw new Error("runner/dist is missing; run `npm run build` first");
  return await bundleProject(join(fixtures, name), runnerDir);
}

/** Line of the fixture's source that ends with the comment. */
export function lineOf(file: string, comment: string): number {
  const line = readFileSync(join(fixtures, file), "utf8")
    .split("\n")
    .findIndex((text) => text.endsWith(`// ${comment}`));
  if (line < 0) throw new Error(`${file} has no line that ends with "// ${comment}"`);
  return line + 1;
}

const WEEKS = 12;

/** One scenario of a few weeks for each behaviour. They are sorted by name, as an engine would. */
export function batchOf(...behaviours: readonly string[]): Batch {
  const names = [...behaviours].sort();
  const rows = new Table({
    behaviour: categoricalOf(names.flatMap((name) => new Array<string>(WEEKS).fill(name))),
    week: numeric(
      Float64Array.from({ length: names.length * WEEKS }, (_, row) => row % WEEKS),
      "integer",
    ),
    sales: numeric(Float64Array.from({ length: names.length * WEEKS }, (_, row) => (row * 7) % 11)),
  });
  return {
    ipc: tableToIpc(rows),
    scenarios: names.map((behaviour) => ({ id: scenarioId({ behaviour }), key: { behaviour }, numRows: WEEKS })),
  };
}

export async function* inOrder(...batches: readonly Batch[]): AsyncGenerator<Batch> {
  yield* batches;
}

/** Executors of the misbehaving project, the lines they print, and the processes they were. */
export class TestExecutors {
  readonly prints: string[] = [];
  readonly #options: PoolOptions;

  constructor(bundle: Bundle, { jobs = 1, ...limits }: Limits & { readonly jobs?: number } = {}) {
    this.#options = {
      bundle: bundle.path,
      cwd: join(fixtures, "misbehaving"),
      env: process.env,
      onPrint: (line) => this.prints.push(line),
      jobs,
      limits: resolveLimits({ timeoutSeconds: 20, ...limits }, jobs),
      numThreads: 1,
      stages: true,
    };
  }

  async pool(): Promise<ExecutorPool> {
    const { executor } = await ExecutorProcess.start({ ...this.#options, memoryMiB: this.#options.limits.memoryMiB });
    return new ExecutorPool(this.#options, executor);
  }

  /** All processes that a scenario ran in. */
  get pids(): number[] {
    const found = this.prints.map((line) => /^pid (\d+)$/.exec(line)?.[1]).filter((pid) => pid !== undefined);
    return [...new Set(found.map(Number))];
  }

  /** Trains the batches and gives all events. */
  async train(...batches: readonly Batch[]): Promise<PoolEvent[]> {
    const events: PoolEvent[] = [];
    for await (const event of (await this.pool()).run("train", inOrder(...batches))) events.push(event);
    return events;
  }

  /** Trains the batches and gives the results by behaviour; a scenario with two results is an error. */
  async results(...batches: readonly Batch[]): Promise<Map<string, ScenarioResult>> {
    const results = new Map<string, ScenarioResult>();
    for (const event of await this.train(...batches)) {
      if (event.type !== "result") continue;
      const behaviour = String(event.result.scenario.key.behaviour);
      if (results.has(behaviour)) throw new Error(`"${behaviour}" has two results`);
      results.set(behaviour, event.result);
    }
    return results;
  }
}

/** Name and message of a failure, or "succeeded". */
export function outcomeOf(result: ScenarioResult | undefined): string {
  if (result === undefined) return "no result";
  return result.status === "succeeded" ? "succeeded" : `${result.failure.name}: ${result.failure.message}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that has ended but was not waited for still has a number.
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return !existsSync("/proc/self/status");
  }
}

/** Waits until the processes are gone; those that are left at the deadline are returned. */
export async function leftAfter(pids: readonly number[], deadlineMs: number): Promise<number[]> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const left = pids.filter(isAlive);
    if (left.length === 0 || Date.now() > end) return left;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
