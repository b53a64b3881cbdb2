import { join } from "node:path";
import { defaultJobs } from "../../runner/executor/limits.ts";
import type { ChildRuns } from "../../runner/pipeline/define-project.ts";
import { loadProject } from "../../runner/project/load-project.ts";
import { batchRows } from "../../runner/runs/selection.ts";
import { openEngine, openPool, type Session } from "../../runner/runs/session.ts";
import { train } from "../../runner/runs/train.ts";
import type { Benchmark } from "./benchmark.ts";
import { medians, newRunsFolder, root, rounds, row } from "./measure.ts";

const projectDir = join(root, "test/bench/projects/fixed-forest");
const numRows = 106_139;

/** Calls `work` with a freshly loaded project and a new folder for runs; the seconds that `work` took. */
async function measure(childRuns: ChildRuns, work: (session: Session) => Promise<number>): Promise<number> {
  const env = { ...process.env, MLFLOW_TRACKING_URI: newRunsFolder(), BENCH_CHILD_RUNS: childRuns };
  const shared = { env, onPrint: () => {} };
  using project = await loadProject({ dir: projectDir, runnerDir: join(root, "runner/dist"), ...shared });
  await using engine = await openEngine(project);
  const start = performance.now();
  const trained = await work({ project, engine, ...shared });
  const seconds = (performance.now() - start) / 1000;
  if (trained !== 913) throw new Error(`${trained} scenarios were trained, not 913`);
  return seconds;
}

/** The pool alone: rows in, results out, and nothing done with them. */
async function trainUnlogged(session: Session): Promise<number> {
  const jobs = defaultJobs();
  using pool = openPool(session, { jobs, numThreads: 1, stages: false });
  // Batches as `train` makes them, so that both sides do the same.
  const targetRows = batchRows(numRows, jobs);
  let trained = 0;
  for await (const event of pool.run("train", session.engine.batches({ targetRows }))) {
    if (event.type === "result" && event.result.status === "succeeded") trained++;
  }
  return trained;
}

/** The same with the journal, the parent run and its table of results, and as many runs of scenarios as the project wants. */
async function trainLogged(session: Session): Promise<number> {
  let trained = 0;
  for await (const event of train(session)) {
    if (event.type === "result" && event.entry.status === "succeeded") trained++;
  }
  return trained;
}

const tracking: Benchmark = {
  name: "tracking",
  async run() {
    const [all, none, unlogged] = await medians(
      rounds,
      () => measure("all", trainLogged),
      () => measure("none", trainLogged),
      () => measure("none", trainUnlogged),
    );
    // At most 10% slower.
    const compared = { ours: all, unit: "s", target: 1 / 1.1 };
    const name = "913 scenarios, each with an MLflow run, against";
    return [
      row({ name: `${name} the parent run alone`, peer: none, ...compared }),
      row({ name: `${name} nothing written at all`, peer: unlogged, ...compared }),
    ];
  },
};

export const benchmarks: readonly Benchmark[] = [tracking];
