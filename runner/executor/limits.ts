import { availableParallelism, totalmem } from "node:os";
import pidusage from "pidusage";
import type { Limits } from "../pipeline/define-project.ts";
import type { Failure } from "../pipeline/failure.ts";
import type { ExecutorExit } from "./executor-process.ts";

const DEFAULT_TIMEOUT_SECONDS = 600;
const MEMORY_SHARE = 0.75;
const MEMORY_CHECK_MS = 200;
/** Timers take no more: they would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The wall around one scenario, defaults filled in. */
export interface ResolvedLimits {
  readonly timeoutMs: number;
  readonly memoryMiB: number;
}

/** @param jobs executors that run at the same time. */
export function resolveLimits(limits: Limits, jobs: number): ResolvedLimits {
  return {
    timeoutMs: Math.min((limits.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000, MAX_TIMEOUT_MS),
    memoryMiB: Math.floor(limits.memoryMiB ?? (totalmem() / 2 ** 20) * (MEMORY_SHARE / jobs)),
  };
}

/** One executor a core. */
export function defaultJobs(): number {
  return availableParallelism();
}

/** Calls `exceeded` once when the process holds more than the limit. V8's own limit sees neither typed arrays nor buffers. */
export function watchMemory(pid: number, { memoryMiB }: ResolvedLimits, exceeded: () => void): Disposable {
  const timer = setInterval(async () => {
    // A process that has just ended has no usage; its exit is handled where it is awaited.
    const usage = await pidusage(pid).catch(() => null);
    if (usage !== null && usage.memory > memoryMiB * 2 ** 20) {
      clearInterval(timer);
      exceeded();
    }
  }, MEMORY_CHECK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Why the pool killed an executor. */
export type KillReason = "time" | "memory";

/** The failure of the scenario that an executor died with. */
export function failureOfDeath(exit: ExecutorExit, reason: KillReason | null, limits: ResolvedLimits): Failure {
  const failure = (name: string, message: string): Failure => ({
    name,
    message,
    stage: null,
    stack: "",
    location: null,
  });
  const ranOutOfHeap = exit.lastPrints.some((line) => line.includes("heap out of memory"));
  if (reason === "memory" || ranOutOfHeap) {
    return failure(
      "MemoryLimitError",
      `more than ${limits.memoryMiB} MiB of memory; raise \`limits.memoryMiB\` if it needs that much`,
    );
  }
  if (exit.wroteForeignOutput) {
    return failure(
      "ForeignOutputError",
      "it wrote to standard output past the console (a child process or native code that inherits it?), where only " +
        "results may go; print with console.log, or give the child process other pipes",
    );
  }
  if (reason === "time") {
    const seconds = limits.timeoutMs / 1000;
    return failure(
      "TimeLimitError",
      `not finished after ${seconds} s; raise \`limits.timeoutSeconds\` if it needs longer`,
    );
  }
  const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`;
  const last = exit.lastPrints.at(-1);
  return failure(
    "ProcessExitError",
    `its process was ended ${how}${last === undefined ? "" : `; last it printed: ${last}`}`,
  );
}
