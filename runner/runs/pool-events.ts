import type { Batch, PoolEvent } from "../executor/batch.ts";
import { defaultJobs } from "../executor/limits.ts";
import type { Request } from "../executor/protocol.ts";
import { batchRows, type ScenarioCount } from "./selection.ts";
import { openPool, type Session } from "./session.ts";

export interface PoolRun {
  readonly type: Request["type"];
  /** What there is to do. */
  readonly count: ScenarioCount;
  /** Executors at the same time; one a core when left out. */
  readonly jobs?: number | undefined;
  /** Report each stage as it starts and ends. */
  readonly stages?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @param targetRows so many rows a batch, that every executor gets several. */
  readonly batches: (targetRows: number) => AsyncIterable<Batch>;
}

/** Runs batches in a pool of their own. Ends early, without an error, when the signal is given. */
export async function* poolEvents(session: Session, run: PoolRun): AsyncGenerator<PoolEvent> {
  const { numScenarios, numRows } = run.count;
  if (numScenarios === 0 || numRows === 0) return;
  const jobs = Math.min(run.jobs ?? defaultJobs(), numScenarios);
  // Cores that no other scenario needs may serve one fit.
  const numThreads = Math.max(1, Math.floor(defaultJobs() / jobs));
  using pool = openPool(session, { jobs, numThreads, stages: run.stages ?? false });
  const stop = () => pool[Symbol.dispose]();
  run.signal?.addEventListener("abort", stop, { once: true });
  try {
    for await (const event of pool.run(run.type, run.batches(batchRows(numRows, jobs)))) {
      if (run.signal?.aborted) return;
      yield event;
    }
  } catch (error) {
    if (!run.signal?.aborted) throw error;
  } finally {
    run.signal?.removeEventListener("abort", stop);
  }
}
