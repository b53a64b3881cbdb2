import type { Table as ArrowTable } from "apache-arrow";
import type { KeyType, KeyValue, ScenarioId, ScenarioKey } from "../data/scenario.ts";
import type { StreamSpec } from "../data/streams.ts";
import type { Snapshot } from "./snapshot.ts";

/** Which master table. */
export type MasterSet = "training" | "prediction";

export interface EngineColumn {
  readonly name: string;
  /** As the engine writes it, e.g. `DECIMAL(10,2)`. */
  readonly sqlType: string;
}

/** A column of a master table. */
export interface MasterColumn extends EngineColumn {
  /** What it can be in a scenario key. */
  readonly keyType: KeyType;
}

export interface StreamDescription {
  readonly name: string;
  readonly spec: StreamSpec;
  /** Files that a path, glob or folder stands for; empty for tables and queries. */
  readonly files: readonly string[];
  readonly columns: readonly EngineColumn[];
  readonly numRows: number;
}

/** What narrows the rows of a master table down. All given conditions hold together. */
export interface Selection {
  /** Default "training". */
  readonly set?: MasterSet;
  /** Only these scenarios; those without rows are simply not there. */
  readonly scenarios?: readonly ScenarioKey[];
  /** A boolean SQL expression over the master's columns. */
  readonly where?: string;
  /** Read these stored rows instead of running the master's SQL. */
  readonly snapshot?: Snapshot;
  readonly signal?: AbortSignal;
}

export interface ScenarioSummary {
  readonly id: ScenarioId;
  readonly key: ScenarioKey;
  readonly numRows: number;
  /** Rows whose target is not missing; `null` where the table has no target column. */
  readonly numTargets: number | null;
  /** First and last value of the time column, as a key would write them; `null` without one, or if all are missing. */
  readonly firstTime: KeyValue | null;
  readonly lastTime: KeyValue | null;
}

export interface BatchOptions extends Selection {
  /** A batch ends with the first whole scenario that reaches so many rows. Default 10,000. */
  readonly targetRows?: number;
}

/** Whole scenarios, sorted by key and within each by time. */
export interface ScenarioBatch {
  /** An Arrow IPC stream of one record batch, all columns of the master table. */
  readonly ipc: Uint8Array;
  /** The scenarios in the order of their rows. */
  readonly scenarios: readonly { readonly id: ScenarioId; readonly key: ScenarioKey; readonly numRows: number }[];
}

/** Pages of something, with what was left out; to be iterated once. Leaving the loop early stops the query. */
export interface Pages<T> extends AsyncIterable<T> {
  /** Rows left out because a key column is missing. Complete once the iteration has ended. */
  readonly nullKeyRows: number;
}

/**
 * Computes the master tables and hands out their rows by whole scenarios. All methods check the declared streams and
 * columns first and fail with a {@link DataError} (or UnsupportedTypeError) that names what is wrong and where.
 * Methods may run at the same time.
 */
export interface Engine extends AsyncDisposable {
  readonly kind: "duckdb" | "spark";
  /** Every stream with its columns and number of rows. */
  describeStreams(signal?: AbortSignal): Promise<StreamDescription[]>;
  /** Columns of a master table, without running it. */
  schema(set?: MasterSet, signal?: AbortSignal): Promise<MasterColumn[]>;
  /** Number of rows, those without a key included. */
  count(selection?: Selection): Promise<number>;
  /** The scenarios in the order of their keys, in pages of some thousands, by one aggregate query. */
  list(selection?: Selection & { readonly limit?: number }): Pages<readonly ScenarioSummary[]>;
  /** All rows of the selected scenarios, streamed: memory does not grow with the number of rows. */
  batches(options?: BatchOptions): Pages<ScenarioBatch>;
  /** The first rows, in the order of key and time. Default limit 100. */
  preview(selection?: Selection & { readonly limit?: number }): Promise<ArrowTable>;
  /** Writes a master table below `dir` (see {@link Snapshot}) and returns it; the same rows give the same snapshot. */
  snapshot(options: {
    readonly dir: string;
    readonly set?: MasterSet;
    readonly signal?: AbortSignal;
  }): Promise<Snapshot>;
  /** Stops what runs, closes and cleans up. */
  dispose(): Promise<void>;
}
