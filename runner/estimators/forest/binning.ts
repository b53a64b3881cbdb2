/** The bin of a missing value (NaN); bins of values are below it. */
export const MISSING_BIN = 255;

/** Where each feature is cut: a value's bin is the number of cuts that are smaller than it. */
export interface Bins {
  /** Cuts of all features, ascending within a feature. */
  readonly cuts: Float64Array;
  /** Feature f has the cuts from `offsets[f]` to `offsets[f + 1]`, so one bin more than that. */
  readonly offsets: Int32Array;
}

/** Rows of bins, row-major. Feature f of row r is at `r * stride + f`. */
export interface BinnedRows {
  readonly bins: Uint8Array;
  readonly numRows: number;
  readonly stride: number;
  readonly hasMissing: boolean;
}

/** Bytes a row takes: rows start at multiples of 16, so that one vector instruction reads 16 features. */
export function rowStride(numFeatures: number): number {
  return Math.max(16, (numFeatures + 15) & ~15);
}

/**
 * Finds the cuts of each column: halfway between adjacent distinct values (scikit-learn's thresholds) where there are at
 * most `maxBins` of them, else so that bins hold about equally many rows. Infinities are extreme values, NaN is left out.
 */
export function findBins(columns: readonly Float64Array[], maxBins: number): Bins {
  const offsets = new Int32Array(columns.length + 1);
  const numRows = columns.length === 0 ? 0 : columns[0].length;
  const cuts = new Float64Array(columns.length * Math.min(maxBins - 1, Math.max(0, numRows - 1)));
  const sorted = new Float64Array(numRows);
  let end = 0;
  for (let feature = 0; feature < columns.length; feature++) {
    sorted.set(columns[feature]);
    sorted.sort(); // NaN last
    end = cutSorted(sorted, maxBins, cuts, end);
    offsets[feature + 1] = end;
  }
  return { cuts: cuts.slice(0, end), offsets };
}

/** Writes the cuts of one sorted column from `end` on and returns the new end. */
function cutSorted(sorted: Float64Array, maxBins: number, cuts: Float64Array, end: number): number {
  let numValues = sorted.length;
  while (numValues > 0 && Number.isNaN(sorted[numValues - 1])) numValues--;
  let numDistinct = numValues === 0 ? 0 : 1;
  for (let i = 1; i < numValues; i++) if (sorted[i] !== sorted[i - 1]) numDistinct++;
  if (numDistinct <= maxBins) {
    for (let i = 1; i < numValues; i++) {
      if (sorted[i] !== sorted[i - 1]) cuts[end++] = halfway(sorted[i - 1], sorted[i]);
    }
    return end;
  }
  // Rows left are shared evenly between the bins left, so that one very frequent value does not starve the others.
  let binsLeft = maxBins;
  let binStart = 0;
  for (let i = 1; i < numValues && binsLeft > 1; i++) {
    if (sorted[i] === sorted[i - 1]) continue;
    if (i - binStart >= (numValues - binStart) / binsLeft) {
      cuts[end++] = halfway(sorted[i - 1], sorted[i]);
      binStart = i;
      binsLeft--;
    }
  }
  return end;
}

/** A number c with low <= c < high, in the middle where there is one; only an infinity itself is cut off as one. */
function halfway(low: number, high: number): number {
  if (low === -Infinity) return -Infinity;
  if (high === Infinity) return Number.MAX_VALUE;
  const middle = low / 2 + high / 2;
  return middle >= low && middle < high ? middle : low;
}

/**
 * The bins of rows. @param into memory for `rows * rowStride(columns.length)` bytes, for a caller that needs it in a
 * certain place.
 */
export function binRows(bins: Bins, columns: readonly Float64Array[], numRows: number, into?: Uint8Array): BinnedRows {
  const stride = rowStride(columns.length);
  const binned = into ?? new Uint8Array(numRows * stride);
  let hasMissing = false;
  for (let feature = 0; feature < columns.length; feature++) {
    if (binColumn(bins, feature, columns[feature], binned, feature, stride)) hasMissing = true;
  }
  return { bins: binned, numRows, stride, hasMissing };
}

/** Bins one column; whether it has missing values. */
function binColumn(
  { cuts, offsets }: Bins,
  feature: number,
  values: Float64Array,
  into: Uint8Array,
  start: number,
  stride: number,
): boolean {
  const first = offsets[feature];
  const numCuts = offsets[feature + 1] - first;
  let hasMissing = false;
  for (let row = 0, at = start; row < values.length; row++, at += stride) {
    const value = values[row];
    if (Number.isNaN(value)) {
      into[at] = MISSING_BIN;
      hasMissing = true;
      continue;
    }
    let low = first;
    let length = numCuts;
    while (length > 0) {
      const half = length >> 1;
      if (cuts[low + half] < value) {
        low += half + 1;
        length -= half + 1;
      } else {
        length = half;
      }
    }
    into[at] = low - first;
  }
  return hasMissing;
}
