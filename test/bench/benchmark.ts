/** One comparison: a row of the table that `npm run bench` prints, and of `test/artifacts/bench.json`. */
export interface BenchmarkRow {
  readonly name: string;
  /** Our figure, in `unit`. */
  readonly ours: number;
  /** The peer's figure in the same run on the same machine, in `unit`; for a limit without a peer, the limit. */
  readonly peer: number;
  readonly unit: string;
  /** `peer / ours`: how many times better we are where less is better. */
  readonly ratio: number;
  /** The ratio asked for; null for a row that is only for information. */
  readonly target: number | null;
  /** Whether `ratio` reaches `target`; null without a target. */
  readonly met: boolean | null;
  readonly note?: string;
}

/** A named measurement; it takes seconds to minutes and returns one row per comparison. */
export interface Benchmark {
  readonly name: string;
  run(): Promise<BenchmarkRow[]>;
}
