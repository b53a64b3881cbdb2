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
  /** Whether `ratio` reaches `target`, and the errors, if given, are close enough; null without a target. */
  readonly met: boolean | null;
  /** Of a comparison that counts only where both predict equally well. */
  readonly errors?: Errors;
  readonly note?: string;
}

/** Mean RMSE on the test rows of both sides, and how far apart they may be. */
export interface Errors {
  readonly ours: number;
  readonly peer: number;
  readonly within: number;
}

/** A named measurement; it takes seconds to minutes and returns one row per comparison. */
export interface Benchmark {
  readonly name: string;
  run(): Promise<BenchmarkRow[]>;
}
