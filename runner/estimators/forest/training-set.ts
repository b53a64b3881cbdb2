import type { BinnedRows } from "./binning.ts";

/** What trees are grown from. */
export interface TrainingSet {
  readonly rows: BinnedRows;
  readonly numFeatures: number;
  /** Bins of each feature, without the one for missing values. */
  readonly numBins: Int32Array;
  /** One number a row: regression, or the class. */
  readonly target: Float64Array;
  /** Non-negative, one a row; `null`: all 1. */
  readonly weight: Float64Array | null;
  /** Classes when there are more than two; 0 for a numeric target (two classes are the numbers 0 and 1). */
  readonly numClasses: number;
}

/** How trees are grown, everything resolved to numbers. */
export interface GrowthParams {
  readonly maxFeatures: number;
  readonly maxDepth: number;
  readonly minSamplesLeaf: number;
  readonly minSamplesSplit: number;
  readonly bootstrap: boolean;
  readonly randomState: number;
}
