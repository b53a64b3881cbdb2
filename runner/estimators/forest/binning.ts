import { Random } from "./random.ts";

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

/** Columns with more rows and more than `maxBins` values are cut by a sample of so many of their rows. */
const SAMPLE_ROWS = 32_768;

/**
 * Finds the cuts of each column: halfway between adjacent distinct values (scikit-learn's thresholds) where there are at
 * most `maxBins` of them, else so that bins hold about equally many rows, fewer at the ends. Infinities are extreme values, NaN is left out.
 */
export function findBins(columns: readonly Float64Array[], maxBins: number): Bins {
  const offsets = new Int32Array(columns.length + 1);
  const numRows = columns.length === 0 ? 0 : columns[0].length;
  const cuts = new Float64Array(columns.length * Math.min(maxBins - 1, Math.max(0, numRows - 1)));
  const buffer = new Float64Array(Math.min(numRows, SAMPLE_ROWS));
  let end = 0;
  for (let feature = 0; feature < columns.length; feature++) {
    const sorted = numRows <= SAMPLE_ROWS ? buffer : fewValues(columns[feature], maxBins);
    if (sorted === buffer) buffer.set(columns[feature]);
    end = cutSorted((sorted ?? sampleInto(buffer, columns[feature])).sort(), maxBins, cuts, end); // NaN comes last
    offsets[feature + 1] = end;
  }
  return { cuts: cuts.slice(0, end), offsets };
}

/** The distinct values of a column when there are at most `most` of them, NaN left out; else null, known early. */
function fewValues(column: Float64Array, most: number): Float64Array | null {
  const seen = new Set<number>();
  let last = Number.NaN;
  for (let row = 0; row < column.length; row++) {
    const value = column[row];
    if (value === last || Number.isNaN(value)) continue;
    last = value;
    seen.add(value);
    if (seen.size > most) return null;
  }
  return Float64Array.from(seen);
}

/** One row from each of equally long runs of rows, at places that look random, so that no period of the data shows. */
function sampleInto(sample: Float64Array, column: Float64Array): Float64Array {
  const run = column.length / sample.length;
  const random = new Random(0, 0);
  for (let i = 0; i < sample.length; i++) {
    const start = Math.floor(i * run);
    sample[i] = column[start + random.below(Math.floor((i + 1) * run) - start)];
  }
  return sample;
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
  return cutByRows(sorted, numValues, maxBins, cuts, end);
}

/**
 * Cuts so that bins hold about equally many rows, but fewer and fewer towards both ends. An exact tree that has only
 * useless features to choose from cuts off a few rows at an end, and keeps the others together for a better split below
 * (Ishwaran, The effect of splitting on random forests, 2015); even bins would take that away. On 100,000 rows of Friedman
 * 1 and a third of the features, 20 trees: RMSE 1.411 with even bins, 1.396 with these, 1.393 without bins.
 */
function cutByRows(sorted: Float64Array, numValues: number, maxBins: number, cuts: Float64Array, end: number): number {
  // From bin to bin, the tails grow by this share of the rows outside.
  const growth = 25.5 / maxBins;
  const tailBins = Math.floor(0.235 * maxBins);
  let binsLeft = maxBins;
  let binStart = 0;
  for (let i = 1; i < numValues && binsLeft > 1; i++) {
    if (sorted[i] === sorted[i - 1]) continue;
    const rowsLeft = numValues - binStart;
    const even = rowsLeft / Math.max(1, binsLeft - tailBins);
    const first = Math.max(1, binStart * growth);
    const last = Math.max(rowsLeft / binsLeft, (rowsLeft * growth) / (1 + growth));
    if (i - binStart < Math.min(even, first, last)) continue;
    cuts[end++] = halfway(sorted[i - 1], sorted[i]);
    binStart = i;
    binsLeft--;
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

/** The bins of rows. */
export function binRows(bins: Bins, columns: readonly Float64Array[], numRows: number): BinnedRows {
  const stride = rowStride(columns.length);
  const binned = new Uint8Array(numRows * stride);
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
  // Eight halvings whatever the value, without branches: three times as fast as a search that stops.
  const c = new Float64Array(256).fill(Number.POSITIVE_INFINITY);
  c.set(cuts.subarray(offsets[feature], offsets[feature + 1]));
  let hasMissing = false;
  for (let row = 0, at = start; row < values.length; row++, at += stride) {
    const value = values[row];
    if (Number.isNaN(value)) {
      into[at] = MISSING_BIN;
      hasMissing = true;
      continue;
    }
    let bin = +(c[127] < value) << 7;
    bin += +(c[bin + 63] < value) << 6;
    bin += +(c[bin + 31] < value) << 5;
    bin += +(c[bin + 15] < value) << 4;
    bin += +(c[bin + 7] < value) << 3;
    bin += +(c[bin + 3] < value) << 2;
    bin += +(c[bin + 1] < value) << 1;
    into[at] = bin + +(c[bin] < value);
  }
  return hasMissing;
}
