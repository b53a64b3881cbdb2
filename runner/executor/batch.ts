import type { ScenarioId, ScenarioKey } from "../data/scenario.ts";
import type { Failure } from "../pipeline/failure.ts";
import type { Stage } from "../pipeline/stages.ts";
import type { StageSize, StageTiming } from "../pipeline/train-scenario.ts";
import type { ExecutorOptions } from "./executor-process.ts";
import type { ResolvedLimits } from "./limits.ts";

/** One scenario of a batch. */
export interface BatchScenario {
  readonly id: ScenarioId;
  readonly key: ScenarioKey;
  readonly numRows: number;
}

/** Whole scenarios, sorted by the scenario key, and for predictions their model files in the same order. */
export interface Batch {
  readonly ipc: Uint8Array;
  readonly scenarios: readonly BatchScenario[];
  readonly models?: readonly Uint8Array[];
}

/** What became of one scenario. */
export type ScenarioResult = {
  readonly scenario: BatchScenario;
  readonly startTimeMs: number;
  readonly endTimeMs: number;
  readonly stages: readonly StageTiming[];
  readonly warnings: readonly string[];
} & (
  | {
      readonly status: "succeeded";
      readonly digest: string;
      readonly params: Readonly<Record<string, string | number | boolean | null>>;
      readonly metrics: Readonly<Record<string, number>>;
      readonly tags: Readonly<Record<string, string>>;
      readonly files: ReadonlyMap<string, Uint8Array>;
    }
  | { readonly status: "failed"; readonly failure: Failure }
);

export type PoolEvent =
  | { readonly type: "started"; readonly scenario: BatchScenario }
  /** A stage has ended (or, without a time, started). */
  | {
      readonly type: "stage";
      readonly scenario: BatchScenario;
      readonly stage: Stage;
      readonly ms: number | null;
      readonly size: StageSize | null;
    }
  | { readonly type: "result"; readonly result: ScenarioResult };

export interface PoolOptions extends Omit<ExecutorOptions, "memoryMiB"> {
  readonly jobs: number;
  readonly limits: ResolvedLimits;
  /** Threads that one fit may use. */
  readonly numThreads: number;
  /** Report each stage as it ends. */
  readonly stages: boolean;
}
