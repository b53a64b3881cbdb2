import { type BinnedRows, MISSING_BIN } from "./binning.ts";
import { MISSING_LEFT, type Trees } from "./trees.ts";

/** Rows that are sent through all trees before the next: their bins and sums stay in the first cache. */
const BLOCK_ROWS = 256;

/** The mean of what the trees' leaves hold for each row: n rows x `leafSize`, row-major. */
export function predictMean(trees: Trees, rows: BinnedRows): Float64Array {
  const { leafSize } = trees;
  const sums = new Float64Array(rows.numRows * leafSize);
  const numTrees = trees.nodeStarts.length - 1;
  const found = new Int32Array(Math.min(BLOCK_ROWS, rows.numRows));
  for (let start = 0; start < rows.numRows; start += BLOCK_ROWS) {
    const end = Math.min(rows.numRows, start + BLOCK_ROWS);
    for (let tree = 0; tree < numTrees; tree++) {
      findLeaves(trees, tree, rows, start, end, found);
      if (leafSize === 1) addNumbers(trees, found, sums, start, end);
      else addVectors(trees, found, sums, start, end);
    }
  }
  for (let i = 0; i < sums.length; i++) sums[i] /= numTrees;
  return sums;
}

/** Writes the leaf of each row of a block, counted over all trees. */
function findLeaves(trees: Trees, tree: number, rows: BinnedRows, start: number, end: number, found: Int32Array): void {
  const { features, bins, children } = trees;
  const nodeStart = trees.nodeStarts[tree];
  const leafStart = trees.leafStarts[tree];
  const root = trees.nodeStarts[tree + 1] === nodeStart ? -1 : 0;
  const rowBins = rows.bins;
  const stride = rows.stride;
  if (!rows.hasMissing) {
    for (let row = start; row < end; row++) {
      const at = row * stride;
      let node = root;
      while (node >= 0) {
        const here = nodeStart + node;
        const isRight = rowBins[at + (features[here] & 0x7fff)] > bins[here] ? 1 : 0;
        node = children[2 * here + isRight];
      }
      found[row - start] = leafStart - 1 - node;
    }
    return;
  }
  for (let row = start; row < end; row++) {
    const at = row * stride;
    let node = root;
    while (node >= 0) {
      const here = nodeStart + node;
      const feature = features[here];
      const bin = rowBins[at + (feature & 0x7fff)];
      const isRight = bin === MISSING_BIN ? ((feature & MISSING_LEFT) === 0 ? 1 : 0) : bin > bins[here] ? 1 : 0;
      node = children[2 * here + isRight];
    }
    found[row - start] = leafStart - 1 - node;
  }
}

function addNumbers(trees: Trees, found: Int32Array, sums: Float64Array, start: number, end: number): void {
  const { leaves } = trees;
  for (let row = start; row < end; row++) sums[row] += leaves[found[row - start]];
}

function addVectors(trees: Trees, found: Int32Array, sums: Float64Array, start: number, end: number): void {
  const { leaves, leafSize } = trees;
  for (let row = start; row < end; row++) {
    const leaf = found[row - start] * leafSize;
    const at = row * leafSize;
    for (let k = 0; k < leafSize; k++) sums[at + k] += leaves[leaf + k];
  }
}
