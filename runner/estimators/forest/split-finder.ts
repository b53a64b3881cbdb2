import { MISSING_BIN } from "./binning.ts";
import type { TrainingSet } from "./training-set.ts";

/**
 * The best split of a node by one feature after another: sums by bin, then a walk over the occupied bins in order.
 * A split's score is, summed over both sides, the squared sum of the target divided by the weight (summed over classes):
 * it is largest where the variance, or Gini impurity, of the sides is smallest. Missing values are tried on either side.
 */
export class SplitFinder {
  /** The best split found since `start`; -1: none. */
  feature = -1;
  bin = 0;
  isMissingLeft = false;
  score = Number.NEGATIVE_INFINITY;

  readonly #bins: Uint8Array;
  readonly #stride: number;
  readonly #channels: number;
  readonly #minSamplesLeaf: number;
  /** By bin: sums of weight times target (by class), of weights, of rows; zero between calls. */
  readonly #sums: Float64Array;
  readonly #weights = new Float64Array(256);
  readonly #counts = new Int32Array(256);
  /** A bit for each bin that holds rows, so that neither walking nor clearing touches the others. */
  readonly #occupied = new Uint32Array(8);
  readonly #left: Float64Array;
  /** Of the node: sums by class, weight, rows. */
  readonly nodeSums: Float64Array;
  nodeWeight = 0;
  nodeCount = 0;

  constructor(set: TrainingSet, channels: number, minSamplesLeaf: number) {
    this.#bins = set.rows.bins;
    this.#stride = set.rows.stride;
    this.#channels = channels;
    this.#minSamplesLeaf = minSamplesLeaf;
    this.#sums = new Float64Array(256 * channels);
    this.#left = new Float64Array(channels);
    this.nodeSums = new Float64Array(channels);
  }

  /** Begins with a node whose sums the caller has set. */
  start(): void {
    this.feature = -1;
    this.score = Number.NEGATIVE_INFINITY;
  }

  /**
   * Tries a feature on the node of these rows; false if it is constant there.
   * @param weighted weight times target by row; with several channels only the weight counts, added to the row's class.
   */
  tryFeature(
    feature: number,
    rows: Int32Array,
    start: number,
    end: number,
    weights: Float64Array,
    weighted: Float64Array,
    classes: Uint16Array | null,
  ): boolean {
    const bins = this.#bins;
    const stride = this.#stride;
    const channels = this.#channels;
    for (let i = start; i < end; i++) {
      const row = rows[i];
      const bin = bins[row * stride + feature];
      this.#weights[bin] += weights[row];
      this.#counts[bin]++;
      this.#occupied[bin >> 5] |= 1 << (bin & 31);
      if (classes === null) this.#sums[bin] += weighted[row];
      else this.#sums[bin * channels + classes[row]] += weights[row];
    }
    return this.#walk(feature);
  }

  #walk(feature: number): boolean {
    const missing = this.#counts[MISSING_BIN];
    const missingWeight = this.#weights[MISSING_BIN];
    const numPresent = this.nodeCount - missing;
    this.#left.fill(0);
    let leftWeight = 0;
    let leftCount = 0;
    let last = -1;
    for (let word = 0; word < 8; word++) {
      let bits = this.#occupied[word];
      while (bits !== 0) {
        const bin = (word << 5) + 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        if (bin === MISSING_BIN) continue;
        if (last >= 0) {
          this.#judge(feature, last, bin, leftWeight, leftCount, false);
          if (missing > 0) this.#judge(feature, last, bin, leftWeight + missingWeight, leftCount + missing, true);
        }
        this.#moveLeft(bin);
        leftWeight += this.#weights[bin];
        leftCount += this.#counts[bin];
        last = bin;
      }
    }
    const isConstant = leftCount === this.#countOf(last) && missing === 0;
    if (missing > 0 && numPresent > 0) this.#judge(feature, last, last + 1, leftWeight, leftCount, false);
    this.#clear();
    return !isConstant && !(numPresent === 0);
  }

  #countOf(bin: number): number {
    return bin < 0 ? 0 : this.#counts[bin];
  }

  #moveLeft(bin: number): void {
    const channels = this.#channels;
    for (let k = 0; k < channels; k++) this.#left[k] += this.#sums[bin * channels + k];
  }

  /** Scores the split after bin `last`, the next occupied one being `next`. */
  #judge(feature: number, last: number, next: number, weight: number, count: number, isMissingLeft: boolean): void {
    if (count < this.#minSamplesLeaf || this.nodeCount - count < this.#minSamplesLeaf) return;
    let left = 0;
    let right = 0;
    for (let k = 0; k < this.#channels; k++) {
      const sum = this.#left[k] + (isMissingLeft ? this.#sums[MISSING_BIN * this.#channels + k] : 0);
      const rest = this.nodeSums[k] - sum;
      left += sum * sum;
      right += rest * rest;
    }
    const score = left / weight + right / (this.nodeWeight - weight);
    if (!(score > this.score)) return;
    this.score = score;
    this.feature = feature;
    // Halfway between the occupied bins, as scikit-learn's thresholds are between a node's own values.
    this.bin = (last + next - 1) >> 1;
    this.isMissingLeft = isMissingLeft;
  }

  #clear(): void {
    const channels = this.#channels;
    for (let word = 0; word < 8; word++) {
      let bits = this.#occupied[word];
      while (bits !== 0) {
        const bin = (word << 5) + 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        this.#weights[bin] = 0;
        this.#counts[bin] = 0;
        this.#sums.fill(0, bin * channels, bin * channels + channels);
      }
      this.#occupied[word] = 0;
    }
  }
}
