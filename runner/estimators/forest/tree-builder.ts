import { MISSING_BIN } from "./binning.ts";
import { centreOf } from "./centre.ts";
import { type GrownTrees, normalised } from "./grown-trees.ts";
import { Random } from "./random.ts";
import { SplitFinder } from "./split-finder.ts";
import type { GrowthParams, TrainingSet } from "./training-set.ts";
import { TreeWriter } from "./tree-writer.ts";
import { MISSING_LEFT } from "./trees.ts";

/** Values on the stack of open nodes: first row, end, depth, slot in the parent. */
const STACK_FIELDS = 4;

/**
 * Grows CART trees (Breiman et al. 1984) as scikit-learn does: depth first, each split the best of a random choice of
 * features that is prolonged until one of them is not constant.
 */
export class TreeBuilder {
  readonly #set: TrainingSet;
  readonly #params: GrowthParams;
  readonly #channels: number;
  readonly #finder: SplitFinder;
  readonly #writer: TreeWriter;
  readonly #classes: Uint16Array | null;
  /** Targets as the splits see them: about 0, at most 1, so that squares neither cancel nor overflow. */
  readonly #centred: Float64Array;
  /** By row: weight in the tree, weight times centred target. */
  readonly #weights: Float64Array;
  readonly #weighted: Float64Array;
  /** The tree's rows; those of an open node are adjacent. */
  readonly #rows: Int32Array;
  readonly #rightRows: Int32Array;
  readonly #featureOrder: Int32Array;
  readonly #stack: Int32Array;
  readonly #leaf: Float64Array;
  readonly #decrease: Float64Array;
  readonly #shares: Float64Array;
  #hadMissing = false;

  constructor(set: TrainingSet, params: GrowthParams) {
    this.#set = set;
    this.#params = params;
    const numRows = set.rows.numRows;
    this.#channels = Math.max(1, set.numClasses);
    this.#classes = set.numClasses > 0 ? Uint16Array.from(set.target) : null;
    this.#finder = new SplitFinder(set, this.#channels, params.minSamplesLeaf);
    this.#writer = new TreeWriter(this.#channels);
    const { mean, scale } = centreOf(set.target);
    this.#centred = set.target.map((value) => (value - mean) * scale);
    this.#weights = new Float64Array(numRows);
    this.#weighted = new Float64Array(numRows);
    this.#rows = new Int32Array(numRows);
    this.#rightRows = new Int32Array(numRows);
    this.#featureOrder = Int32Array.from({ length: set.numFeatures }, (_, feature) => feature);
    this.#stack = new Int32Array(STACK_FIELDS * (numRows + 2));
    this.#leaf = new Float64Array(this.#channels);
    this.#decrease = new Float64Array(set.numFeatures);
    this.#shares = new Float64Array(set.numFeatures);
  }

  /** Grows tree number `tree` of the forest; a tree depends on nothing but the data, the seed and this number. */
  grow(tree: number): void {
    const random = new Random(this.#params.randomState, tree);
    const numRows = this.#drawRows(random);
    this.#decrease.fill(0);
    for (let feature = 0; feature < this.#featureOrder.length; feature++) this.#featureOrder[feature] = feature;
    let top = this.#push(0, 0, numRows, 0, -1);
    while (top > 0) {
      top -= STACK_FIELDS;
      const start = this.#stack[top];
      const end = this.#stack[top + 1];
      const depth = this.#stack[top + 2];
      const slot = this.#stack[top + 3];
      if (!this.#findSplit(start, end, depth, random)) {
        this.#addLeaf(start, end, slot);
        continue;
      }
      const { feature, bin } = this.#finder;
      const middle = this.#partition(start, end);
      const node = this.#writer.addNode(
        this.#sendsMissingLeft(start, middle, end) ? feature | MISSING_LEFT : feature,
        bin,
      );
      if (slot >= 0) this.#writer.setChild(slot, node);
      top = this.#push(top, middle, end, depth + 1, 2 * node + 1);
      top = this.#push(top, start, middle, depth + 1, 2 * node);
    }
    this.#writer.endTree();
    this.#addShares();
  }

  finish(): GrownTrees {
    return { trees: this.#writer.finish(), importances: normalised(this.#shares) };
  }

  #push(top: number, start: number, end: number, depth: number, slot: number): number {
    this.#stack[top] = start;
    this.#stack[top + 1] = end;
    this.#stack[top + 2] = depth;
    this.#stack[top + 3] = slot;
    return top + STACK_FIELDS;
  }

  /** Sets the rows of a tree and their weights, and returns how many there are. A row drawn twice weighs twice. */
  #drawRows(random: Random): number {
    const numRows = this.#weights.length;
    if (this.#params.bootstrap) {
      this.#weights.fill(0);
      for (let i = 0; i < numRows; i++) this.#weights[random.below(numRows)]++;
      const count = this.#weighRows();
      if (count > 0) return count;
    }
    // No bootstrap, or one that drew only rows of weight 0.
    this.#weights.fill(1);
    return this.#weighRows();
  }

  #weighRows(): number {
    const { weight } = this.#set;
    const numRows = this.#weights.length;
    let count = 0;
    for (let row = 0; row < numRows; row++) {
      if (weight !== null) this.#weights[row] *= weight[row];
      if (this.#weights[row] === 0) continue;
      this.#weighted[row] = this.#weights[row] * this.#centred[row];
      this.#rows[count++] = row;
    }
    return count;
  }

  /** Looks for the node's best split; false: the node is a leaf. */
  #findSplit(start: number, end: number, depth: number, random: Random): boolean {
    const { maxDepth, minSamplesSplit, minSamplesLeaf, maxFeatures } = this.#params;
    const count = end - start;
    if (count < minSamplesSplit || count < 2 * minSamplesLeaf || depth >= maxDepth) return false;
    if (this.#isPure(start, end)) return false;
    const finder = this.#finder;
    this.#sumNode(start, end);
    finder.start();
    const order = this.#featureOrder;
    const numFeatures = order.length;
    let hasVarying = false;
    for (let tried = 0; tried < numFeatures && (tried < maxFeatures || !hasVarying); tried++) {
      const pick = tried + random.below(numFeatures - tried);
      const feature = order[pick];
      order[pick] = order[tried];
      order[tried] = feature;
      if (finder.tryFeature(feature, this.#rows, start, end, this.#weights, this.#weighted, this.#classes)) {
        hasVarying = true;
      }
    }
    if (finder.feature < 0) return false;
    this.#recordDecrease();
    return true;
  }

  #isPure(start: number, end: number): boolean {
    const { target } = this.#set;
    const first = target[this.#rows[start]];
    for (let i = start + 1; i < end; i++) if (target[this.#rows[i]] !== first) return false;
    return true;
  }

  #sumNode(start: number, end: number): void {
    const { nodeSums } = this.#finder;
    nodeSums.fill(0);
    let weight = 0;
    for (let i = start; i < end; i++) {
      const row = this.#rows[i];
      weight += this.#weights[row];
      if (this.#classes === null) nodeSums[0] += this.#weighted[row];
      else nodeSums[this.#classes[row]] += this.#weights[row];
    }
    this.#finder.nodeWeight = weight;
    this.#finder.nodeCount = end - start;
  }

  #recordDecrease(): void {
    const finder = this.#finder;
    let whole = 0;
    for (let k = 0; k < this.#channels; k++) whole += finder.nodeSums[k] * finder.nodeSums[k];
    this.#decrease[finder.feature] += Math.max(0, finder.score - whole / finder.nodeWeight);
  }

  /** Brings the rows of the left child to the front, both sides in their old order, and returns where the right begins. */
  #partition(start: number, end: number): number {
    const { feature, bin, isMissingLeft } = this.#finder;
    const { bins, stride } = this.#set.rows;
    const rows = this.#rows;
    let left = start;
    let right = 0;
    this.#hadMissing = false;
    for (let i = start; i < end; i++) {
      const row = rows[i];
      const rowBin = bins[row * stride + feature];
      if (rowBin === MISSING_BIN) this.#hadMissing = true;
      if (rowBin === MISSING_BIN ? isMissingLeft : rowBin <= bin) rows[left++] = row;
      else this.#rightRows[right++] = row;
    }
    for (let i = 0; i < right; i++) rows[left + i] = this.#rightRows[i];
    return left;
  }

  /** As learnt, or to the larger child where the node's training rows had no missing value. */
  #sendsMissingLeft(start: number, middle: number, end: number): boolean {
    return this.#hadMissing ? this.#finder.isMissingLeft : middle - start > end - middle;
  }

  #addLeaf(start: number, end: number, slot: number): void {
    const { target } = this.#set;
    const leaf = this.#leaf;
    leaf.fill(0);
    if (this.#classes === null && this.#isPure(start, end)) {
      leaf[0] = target[this.#rows[start]];
    } else {
      let weight = 0;
      for (let i = start; i < end; i++) {
        const row = this.#rows[i];
        weight += this.#weights[row];
        if (this.#classes === null) leaf[0] += this.#weights[row] * target[row];
        else leaf[this.#classes[row]] += this.#weights[row];
      }
      for (let k = 0; k < leaf.length; k++) leaf[k] /= weight;
    }
    const child = this.#writer.addLeaf(leaf, 0);
    if (slot >= 0) this.#writer.setChild(slot, child);
  }

  #addShares(): void {
    let total = 0;
    for (const decrease of this.#decrease) total += decrease;
    if (!(total > 0)) return;
    for (let feature = 0; feature < this.#shares.length; feature++) {
      this.#shares[feature] += this.#decrease[feature] / total;
    }
  }
}
