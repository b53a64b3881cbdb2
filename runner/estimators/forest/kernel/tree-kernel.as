// The tree builder of tree-builder.ts for numeric targets, with vector instructions. AssemblyScript; `build.ts` in this
// folder compiles it into tree-kernel.ts. It grows one tree at a time into memory that the host reads.
//
// Rows of an open node lie side by side as records: the bins of all features (`stride` bytes), the target (f64), the
// weight (f32), nothing (4 bytes). A split copies the records to the same place of a second buffer, the left
// child's from the front, the right child's from the back, so every pass over a node reads memory in order.
//
// Nodes of up to SMALL rows, which most are, are searched by sorting: eight features at a time, one a 16-bit lane, with
// keys of (bin, place in the node), through a sorting network. Sums along the sorted rows come from tables of the node's
// targets, quantised to 16 bits for that node. Larger nodes are searched by histograms of float64 sums.

const MISSING: u32 = 255;
const SMALL: i32 = 48;
const STACK_ENTRY: usize = 40;
/** Features whose histograms are filled in one pass over the rows. */
const HISTOGRAM_BLOCK: usize = 32;
const HISTOGRAM_BYTES: usize = 4096;
/** Bytes for keys of one group of eight features. */
const GROUP_KEYS: usize = 16 * 48;

// What the trees are grown from.
let numRows: i32 = 0;
let numFeatures: i32 = 0;
let stride: usize = 0;
let recordSize: usize = 0;
let binsAt: usize = 0;
let targetAt: usize = 0;
/** Sums are of targets less `targetMean`, times `targetScale`: about 0, at most 1. */
let targetMean: f64 = 0;
let targetScale: f64 = 0;
let weightAt: usize = 0;
let numBinsAt: usize = 0;
let maxFeatures: i32 = 0;
let maxDepth: i32 = 0;
let minLeaf: i32 = 1;
let minSplit: i32 = 2;
let bootstrap: bool = true;

// Memory of this thread.
let countsAt: usize = 0;
let recordsA: usize = 0;
let recordsB: usize = 0;
let stackAt: usize = 0;
let orderAt: usize = 0;
let tablesAt: usize = 0;
let keysAt: usize = 0;
let masksAt: usize = 0;
let lanesAt: usize = 0;
let histogramAt: usize = 0;
let rowCountsAt: usize = 0;
let networksAt: usize = 0;
let networkStartsAt: usize = 0;
let networksEnd: usize = 0;
let decreaseAt: usize = 0;
let sharesAt: usize = 0;
let nodeStartsAt: usize = 0;
let leafStartsAt: usize = 0;
let allNodeFeaturesAt: usize = 0;
let allNodeBinsAt: usize = 0;
let allChildrenAt: usize = 0;
let allLeavesAt: usize = 0;

// The tree being grown.
let nodeFeaturesAt: usize = 0;
let nodeBinsAt: usize = 0;
let childrenAt: usize = 0;
let leavesAt: usize = 0;
let nodes: i32 = 0;
let leaves: i32 = 0;

// The best split of the node being searched.
let bestScore: f64 = -1;
let bestFeature: i32 = -1;
let bestBin: i32 = 0;
let bestMissingLeft: bool = false;

// xoshiro128**, as in random.ts.
let s0: u32 = 0;
let s1: u32 = 0;
let s2: u32 = 0;
let s3: u32 = 0;

@inline
function below(bound: i32): i32 {
  const result = rotl<u32>(s1 * 5, 7) * 9;
  const shifted = s1 << 9;
  s2 ^= s0;
  s3 ^= s1;
  s1 ^= s2;
  s0 ^= s3;
  s2 ^= shifted;
  s3 = rotl<u32>(s3, 11);
  return <i32>((<u64>result * <u64>(<u32>bound)) >> 32);
}

/** The state for a seed and a tree, as `seedState` in random.ts. */
function seed(randomState: u32, tree: u32): void {
  const counter = mix(randomState * 0x9e3779b9 ^ mix(tree + 0x7f4a7c15));
  s0 = mix(counter + 0x9e3779b9);
  s1 = mix(counter + 0x3c6ef372);
  s2 = mix(counter + 0xdaa66d2b);
  s3 = mix(counter + 0x78dde6e4);
}

function mix(value: u32): u32 {
  let z = value;
  z = (z ^ (z >> 16)) * 0x85ebca6b;
  z = (z ^ (z >> 13)) * 0xc2b2ae35;
  return z ^ (z >> 16);
}

let bump: usize = 0;

function take(bytes: usize): usize {
  const at = bump;
  bump = (bump + bytes + 63) & ~63;
  return at;
}

/** Sets what the trees are grown from; addresses are of the data that all threads read. */
export function configure(
  rows: i32, features: i32, rowStride: i32, bins: usize, target: usize, mean: f64, scale: f64, weight: usize, numBins: usize,
  featuresPerSplit: i32, depth: i32, samplesLeaf: i32, samplesSplit: i32, draws: bool,
): void {
  numRows = rows;
  numFeatures = features;
  stride = rowStride;
  recordSize = stride + 16;
  binsAt = bins;
  targetAt = target;
  targetMean = mean;
  targetScale = scale;
  weightAt = weight;
  numBinsAt = numBins;
  maxFeatures = featuresPerSplit;
  maxDepth = depth;
  minLeaf = samplesLeaf;
  minSplit = max(2, max(samplesSplit, 2 * samplesLeaf));
  bootstrap = draws;
}

/** Lays out the memory of one thread, which grows up to `trees` trees a call, and returns its end; touches nothing. */
export function layOut(base: usize, trees: i32): usize {
  bump = (base + 63) & ~63;
  const rows = <usize>numRows;
  const features = <usize>numFeatures;
  countsAt = take(2 * rows);
  recordsA = take(rows * recordSize);
  recordsB = take(rows * recordSize);
  stackAt = take((rows + 2) * STACK_ENTRY);
  orderAt = take(4 * features + 32);
  tablesAt = take(4 * TABLE);
  const groups = (features + 7) >> 3;
  keysAt = take(groups * GROUP_KEYS);
  masksAt = take(groups * (stride >> 4) * 16);
  lanesAt = take(64);
  histogramAt = take(HISTOGRAM_BLOCK * HISTOGRAM_BYTES);
  rowCountsAt = take(HISTOGRAM_BLOCK * 1024);
  networksAt = take(65_536);
  networkStartsAt = take((SMALL + 1) * 8);
  decreaseAt = take(8 * features);
  sharesAt = take(8 * features);
  const capacity = rows * <usize>trees;
  nodeStartsAt = take(4 * <usize>(trees + 1));
  leafStartsAt = take(4 * <usize>(trees + 1));
  allNodeFeaturesAt = take(2 * capacity);
  allNodeBinsAt = take(capacity);
  allChildrenAt = take(8 * capacity);
  allLeavesAt = take(8 * capacity);
  return bump;
}

/** Clears what must be zero; once, before the first tree. */
export function start(): void {
  memory.fill(histogramAt, 0, HISTOGRAM_BLOCK * HISTOGRAM_BYTES);
  memory.fill(rowCountsAt, 0, HISTOGRAM_BLOCK * 1024);
  memory.fill(networkStartsAt, 0, (SMALL + 1) * 8);
  networksEnd = networksAt;
}

/** Numbers of the first node and leaf of each tree grown by the last call, and their total numbers at the end. */
export function nodeStarts(): usize { return nodeStartsAt; }
export function leafStarts(): usize { return leafStartsAt; }
export function nodeFeatures(): usize { return allNodeFeaturesAt; }
export function nodeBins(): usize { return allNodeBinsAt; }
export function nodeChildren(): usize { return allChildrenAt; }
export function leafValues(): usize { return allLeavesAt; }
/** By feature, the sum over these trees of its share in the tree's decrease of impurity. */
export function shares(): usize { return sharesAt; }

// ---------------------------------------------------------------------------------------------------------------- tree

let rootSum: f64 = 0;
let rootWeight: f64 = 0;

/** Grows the trees with these numbers; a tree depends on nothing but the data, the seed and its number. */
export function growTrees(randomState: u32, first: i32, count: i32): void {
  memory.fill(sharesAt, 0, <usize>numFeatures << 3);
  let firstNode: usize = 0;
  let firstLeaf: usize = 0;
  store<i32>(nodeStartsAt, 0);
  store<i32>(leafStartsAt, 0);
  for (let tree = 0; tree < count; tree++) {
    nodeFeaturesAt = allNodeFeaturesAt + (firstNode << 1);
    nodeBinsAt = allNodeBinsAt + firstNode;
    childrenAt = allChildrenAt + (firstNode << 3);
    leavesAt = allLeavesAt + (firstLeaf << 3);
    seed(randomState, first + tree);
    growTree();
    firstNode += nodes;
    firstLeaf += leaves;
    store<i32>(nodeStartsAt + (<usize>tree << 2), <i32>firstNode, 4);
    store<i32>(leafStartsAt + (<usize>tree << 2), <i32>firstLeaf, 4);
    addShares();
  }
}

function addShares(): void {
  let total: f64 = 0;
  for (let i = 0; i < numFeatures; i++) total += load<f64>(decreaseAt + (<usize>i << 3));
  if (!(total > 0)) return;
  for (let i = 0; i < numFeatures; i++) {
    const at = sharesAt + (<usize>i << 3);
    store<f64>(at, load<f64>(at) + load<f64>(decreaseAt + (<usize>i << 3)) / total);
  }
}

function growTree(): void {
  nodes = 0;
  leaves = 0;
  memory.fill(decreaseAt, 0, <usize>numFeatures << 3);
  const count = drawRows();
  shuffleFeatures();
  let top = stackAt;
  if (isLeafBySize(count, 0)) {
    addLeaf(recordsA, count, -1);
    return;
  }
  push(top, 0, count, 0, -1, rootSum, rootWeight);
  top += STACK_ENTRY;
  while (top > stackAt) {
    top -= STACK_ENTRY;
    const first = <usize>load<u32>(top);
    const size = load<i32>(top, 4);
    const depth = load<i32>(top, 8);
    const slot = load<i32>(top, 12);
    const sum = load<f64>(top, 16);
    const weight = load<f64>(top, 24);
    const isOdd = depth & 1;
    const from = (isOdd ? recordsB : recordsA) + first * recordSize;
    if (!findSplit(from, size, sum, weight)) {
      addLeaf(from, size, slot);
      continue;
    }
    const into = (isOdd ? recordsA : recordsB) + first * recordSize;
    const left = partition(from, into, size);
    const node = addNode(left, size - left, slot);
    recordDecrease(sum, weight);
    const right = size - left;
    const rightSum = sum - leftSum;
    const rightWeight = weight - leftWeight;
    const leftSumHere = leftSum;
    const leftWeightHere = leftWeight;
    if (isLeafBySize(right, depth + 1)) {
      addLeaf(into + <usize>left * recordSize, right, 2 * node + 1);
    } else {
      push(top, <u32>first + left, right, depth + 1, 2 * node + 1, rightSum, rightWeight);
      top += STACK_ENTRY;
    }
    if (isLeafBySize(left, depth + 1)) {
      addLeaf(into, left, 2 * node);
    } else {
      push(top, <u32>first, left, depth + 1, 2 * node, leftSumHere, leftWeightHere);
      top += STACK_ENTRY;
    }
  }
}

@inline
function isLeafBySize(count: i32, depth: i32): bool {
  return count < minSplit || depth >= maxDepth;
}

@inline
function push(top: usize, first: u32, size: i32, depth: i32, slot: i32, sum: f64, weight: f64): void {
  store<u32>(top, first);
  store<i32>(top, size, 4);
  store<i32>(top, depth, 8);
  store<i32>(top, slot, 12);
  store<f64>(top, sum, 16);
  store<f64>(top, weight, 24);
}

/** Draws the tree's rows and writes their records; their number. */
function drawRows(): i32 {
  if (bootstrap) {
    memory.fill(countsAt, 0, <usize>numRows << 1);
    for (let i = 0; i < numRows; i++) {
      const at = countsAt + (<usize>below(numRows) << 1);
      store<u16>(at, load<u16>(at) + 1);
    }
    const count = writeRecords();
    if (count > 0) return count;
  }
  // No bootstrap, or one that drew only rows of weight 0.
  for (let i = 0; i < numRows; i++) store<u16>(countsAt + (<usize>i << 1), 1);
  return writeRecords();
}

@inline
function centred(target: f64): f64 {
  return (target - targetMean) * targetScale;
}

function writeRecords(): i32 {
  let to = recordsA;
  let sum: f64 = 0;
  let total: f64 = 0;
  for (let row = 0; row < numRows; row++) {
    let weight = <f32>load<u16>(countsAt + (<usize>row << 1));
    if (weightAt) weight *= load<f32>(weightAt + (<usize>row << 2));
    if (weight == 0) continue;
    const target = load<f64>(targetAt + (<usize>row << 3));
    const bins = binsAt + <usize>row * stride;
    for (let at: usize = 0; at < stride; at += 16) v128.store(to + at, v128.load(bins + at));
    store<f64>(to + stride, target);
    store<f32>(to + stride, weight, 8);
    sum += <f64>weight * centred(target);
    total += <f64>weight;
    to += recordSize;
  }
  rootSum = sum;
  rootWeight = total;
  return <i32>((to - recordsA) / recordSize);
}

/** A random order of the features, twice in a row, so that any rotation of it can be read at one place. */
function shuffleFeatures(): void {
  for (let i = 0; i < numFeatures; i++) store<u16>(orderAt + (<usize>i << 1), <u16>i);
  if (maxFeatures < numFeatures) return;
  for (let i = numFeatures - 1; i > 0; i--) {
    const j = below(i + 1);
    const one = orderAt + (<usize>i << 1);
    const other = orderAt + (<usize>j << 1);
    const kept = load<u16>(one);
    store<u16>(one, load<u16>(other));
    store<u16>(other, kept);
  }
  memory.copy(orderAt + (<usize>numFeatures << 1), orderAt, <usize>numFeatures << 1);
}

/** Where the list of features to search starts: all in a random rotation, or a random choice. */
function chooseFeatures(): usize {
  if (maxFeatures >= numFeatures) return orderAt + (<usize>below(numFeatures) << 1);
  for (let i = 0; i < maxFeatures; i++) drawFeature(i);
  return orderAt;
}

/** Brings a random feature of those not yet drawn to place `i`. */
@inline
function drawFeature(i: i32): void {
  const one = orderAt + (<usize>i << 1);
  const other = one + (<usize>below(numFeatures - i) << 1);
  const kept = load<u16>(one);
  store<u16>(one, load<u16>(other));
  store<u16>(other, kept);
}

let leftSum: f64 = 0;
let leftWeight: f64 = 0;
let sawMissing: bool = false;

/** Copies records to where their child lies and returns the left child's number of rows. */
function partition(from: usize, into: usize, size: i32): i32 {
  const feature = <usize>bestFeature;
  const bin = <u32>bestBin;
  const missingBin: u32 = bestMissingLeft ? MISSING : 256;
  let left = into;
  let right = into + <usize>(size - 1) * recordSize;
  let sum: f64 = 0;
  let weight: f64 = 0;
  let missing: u32 = 0;
  const end = from + <usize>size * recordSize;
  for (let at = from; at < end; at += recordSize) {
    const rowBin = <u32>load<u8>(at + feature);
    const isLeft = <u32>(rowBin <= bin) | <u32>(rowBin == missingBin);
    missing |= <u32>(rowBin == MISSING);
    const to = select<usize>(left, right, isLeft);
    v128.store(to, v128.load(at));
    v128.store(to, v128.load(at, 16), 16);
    for (let part: usize = 32; part < recordSize; part += 16) v128.store(to + part, v128.load(at + part));
    const rowWeight = <f64>load<f32>(at + stride, 8);
    const leftRowWeight = select<f64>(rowWeight, 0, isLeft);
    weight += leftRowWeight;
    sum += leftRowWeight * centred(load<f64>(at + stride));
    left = select<usize>(left + recordSize, left, isLeft);
    right = select<usize>(right, right - recordSize, isLeft);
  }
  leftSum = sum;
  leftWeight = weight;
  sawMissing = missing != 0;
  return <i32>((left - into) / recordSize);
}

function addNode(left: i32, right: i32, slot: i32): i32 {
  const node = nodes++;
  const missingLeft = sawMissing ? bestMissingLeft : left > right;
  store<u16>(nodeFeaturesAt + (<usize>node << 1), <u16>(bestFeature | (missingLeft ? 0x8000 : 0)));
  store<u8>(nodeBinsAt + <usize>node, <u8>bestBin);
  if (slot >= 0) store<i32>(childrenAt + (<usize>slot << 2), node);
  return node;
}

function addLeaf(at: usize, size: i32, slot: i32): void {
  const leaf = leaves++;
  const first = load<f64>(at + stride);
  let value = first;
  if (size > 1) {
    let isPure = true;
    let sum: f64 = 0;
    let total: f64 = 0;
    for (let i = 0; i < size; i++, at += recordSize) {
      const target = load<f64>(at + stride);
      const weight = <f64>load<f32>(at + stride, 8);
      isPure = isPure && target == first;
      sum += weight * target;
      total += weight;
    }
    if (!isPure) value = sum / total;
  }
  store<f64>(leavesAt + (<usize>leaf << 3), value);
  if (slot >= 0) store<i32>(childrenAt + (<usize>slot << 2), -1 - leaf);
}

function recordDecrease(sum: f64, weight: f64): void {
  const rightSum = sum - leftSum;
  const rightWeight = weight - leftWeight;
  const decrease = leftSum * leftSum / leftWeight + rightSum * rightSum / rightWeight - sum * sum / weight;
  const at = decreaseAt + (<usize>bestFeature << 3);
  if (decrease > 0) store<f64>(at, load<f64>(at) + decrease);
}

// --------------------------------------------------------------------------------------------------------------- split

/** Finds the best split of a node; false: it is a leaf. */
function findSplit(from: usize, size: i32, sum: f64, weight: f64): bool {
  bestFeature = -1;
  bestScore = -1;
  const mean = sum / weight;
  const end = from + <usize>size * recordSize;
  const first = load<f64>(from + stride);
  if (size == 2) return load<f64>(from + recordSize + stride) != first && splitPair(from);
  let differs: bool = false;
  let spread: f64 = 0;
  for (let at = from; at < end; at += recordSize) {
    const target = load<f64>(at + stride);
    differs = differs || target != first;
    spread += abs((centred(target) - mean) * <f64>load<f32>(at + stride, 8));
  }
  // Targets closer than that, beside an outlier, would not survive the quantisation.
  if (!differs || spread < 1e-290) return false;
  const isSmall = size <= SMALL;
  if (isSmall) fillTables(from, size, mean, spread, weight);
  const list = chooseFeatures();
  if (isSmall) searchSmall(from, size, list, maxFeatures);
  else searchLarge(from, size, mean, spread, weight, list, maxFeatures);
  if (bestFeature < 0) searchOn(from, size, mean, spread, weight);
  return bestFeature >= 0;
}

/** Two rows: every feature in which they differ splits them equally well, so one of these is drawn. */
function splitPair(from: usize): bool {
  const other = from + recordSize;
  let differing = 0;
  for (let at: usize = 0; at < stride; at += 16) {
    const mask = i8x16.bitmask(i8x16.ne(v128.load(from + at), v128.load(other + at)));
    differing += popcnt<i32>(mask);
  }
  if (differing == 0) return false;
  let pick = below(differing);
  for (let at: usize = 0; at < stride; at += 16) {
    let mask = i8x16.bitmask(i8x16.ne(v128.load(from + at), v128.load(other + at)));
    const count = popcnt<i32>(mask);
    if (pick >= count) {
      pick -= count;
      continue;
    }
    while (pick-- > 0) mask &= mask - 1;
    const feature = at + <usize>ctz<i32>(mask);
    const one = <u32>load<u8>(from + feature);
    const two = <u32>load<u8>(other + feature);
    const low = min(one, two);
    const high = max(one, two);
    bestFeature = <i32>feature;
    bestBin = <i32>(high == MISSING ? low : (low + high - 1) >> 1);
    bestMissingLeft = false;
    return true;
  }
  return false;
}

/** When no chosen feature varies in the node: goes on drawing, as scikit-learn does, until one does. */
function searchOn(from: usize, size: i32, mean: f64, spread: f64, weight: f64): void {
  if (maxFeatures >= numFeatures) return;
  if (minLeaf > 1) {
    for (let i = 0; i < maxFeatures; i++) {
      if (varies(from, size, load<u16>(orderAt + (<usize>i << 1)))) return;
    }
  }
  for (let i = maxFeatures; i < numFeatures; i++) {
    drawFeature(i);
    const at = orderAt + (<usize>i << 1);
    if (!varies(from, size, load<u16>(at))) continue;
    if (size <= SMALL) searchSmall(from, size, at, 1);
    else searchLarge(from, size, mean, spread, weight, at, 1);
    return;
  }
}

function varies(from: usize, size: i32, feature: u32): bool {
  const first = load<u8>(from + <usize>feature);
  for (let i = 1; i < size; i++) {
    if (load<u8>(from + <usize>i * recordSize + <usize>feature) != first) return true;
  }
  return false;
}

// --------------------------------------------------------------------------------------------------------- small nodes

/** Bytes of a table: one for each place. */
const TABLE: usize = 64;

/**
 * Tables of the node's weighted targets and weights by place: low bytes and high bytes of 16-bit numbers each. A prefix of
 * numbers that sum to 0 is at most half the sum of their sizes, hence 62,000.
 */
function fillTables(from: usize, size: i32, mean: f64, spread: f64, weight: f64): void {
  const scale = 62000 / spread;
  const weightScale: f64 = weightAt ? 30000 / weight : 1;
  let totalWeight = 0;
  for (let i = 0; i < size; i++) {
    const at = from + <usize>i * recordSize;
    const rowWeight = <f64>load<f32>(at + stride, 8);
    const quantised = <i32>nearest((centred(load<f64>(at + stride)) - mean) * rowWeight * scale);
    const to = tablesAt + <usize>i;
    store<u8>(to, <u8>quantised);
    store<u8>(to, <u8>(quantised >> 8), TABLE);
    const quantisedWeight = max<i32>(1, <i32>nearest(rowWeight * weightScale));
    store<u8>(to, <u8>quantisedWeight, 2 * TABLE);
    store<u8>(to, <u8>(quantisedWeight >> 8), 3 * TABLE);
    totalWeight += quantisedWeight;
  }
  nodeWeight = <f32>totalWeight;
}

let nodeWeight: f32 = 0;

function searchSmall(from: usize, size: i32, list: usize, count: i32): void {
  const groups = (count + 7) >> 3;
  if (numFeatures <= 240) gatherKeys(from, size, list, count, groups);
  else copyKeys(from, size, list, count, groups);
  for (let group = 0; group < groups; group++) {
    const keys = keysAt + <usize>group * GROUP_KEYS;
    if (size <= 8) sortFew(keys, size);
    else sortKeys(keys, size);
    scan(keys, size, list + (<usize>group << 4));
    if (i16x8.bitmask(i16x8.ge_u(v128.load(keys + (<usize>(size - 1) << 4)), i16x8.splat(<i16>0xff00)))) {
      scanMissingLeft(keys, size, list + (<usize>group << 4));
    }
  }
}

/** Keys (bin, place) of the listed features, eight a group: bytes are picked out of a record by a table look-up. */
function gatherKeys(from: usize, size: i32, list: usize, count: i32, groups: i32): void {
  const vectors = stride >> 4;
  let mask = masksAt;
  for (let group = 0; group < groups; group++) {
    // Lanes beyond the list get an index out of range, hence bin 0 everywhere, and never split.
    const inList = i16x8.lt_s(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>(count - (group << 3))));
    const features = v128.bitselect(v128.load(list + (<usize>group << 4)), i16x8.splat(255), inList);
    const high = v128.or(i16x8.shl(features, 8), i16x8.splat(255));
    for (let vector: usize = 0; vector < vectors; vector++, mask += 16) {
      v128.store(mask, i16x8.sub(high, i16x8.splat(<i16>(vector << 12))));
    }
  }
  for (let place = 0; place < size; place++) {
    const record = from + <usize>place * recordSize;
    mask = masksAt;
    let to = keysAt + (<usize>place << 4);
    for (let group = 0; group < groups; group++, to += GROUP_KEYS) {
      let key = i16x8.splat(<i16>place);
      for (let at: usize = 0; at < stride; at += 16, mask += 16) {
        key = v128.or(key, i8x16.swizzle(v128.load(record + at), v128.load(mask)));
      }
      v128.store(to, key);
    }
  }
}

/** The same, byte by byte, for many features. */
function copyKeys(from: usize, size: i32, list: usize, count: i32, groups: i32): void {
  for (let place = 0; place < size; place++) {
    const record = from + <usize>place * recordSize;
    for (let i = 0; i < groups << 3; i++) {
      const to = keysAt + <usize>(i >> 3) * GROUP_KEYS + (<usize>place << 4) + (<usize>(i & 7) << 1);
      const bin: u32 = i < count ? load<u8>(record + <usize>load<u16>(list + (<usize>i << 1))) : 0;
      store<u16>(to, <u16>((bin << 8) | place));
    }
  }
}

/** Sorts up to 8 keys in registers: Batcher's network of 19 comparators; keys that are not there are the largest. */
function sortFew(keys: usize, size: i32): void {
  const none = i16x8.splat(-1);
  let a = v128.load(keys);
  let b = v128.load(keys, 16);
  let c = v128.load(keys, 32);
  let d = size > 3 ? v128.load(keys, 48) : none;
  let t = i16x8.min_u(a, b); b = i16x8.max_u(a, b); a = t;
  t = i16x8.min_u(c, d); d = i16x8.max_u(c, d); c = t;
  t = i16x8.min_u(a, c); c = i16x8.max_u(a, c); a = t;
  t = i16x8.min_u(b, d); d = i16x8.max_u(b, d); b = t;
  t = i16x8.min_u(b, c); c = i16x8.max_u(b, c); b = t;
  if (size > 4) {
    let e = v128.load(keys, 64);
    let f = size > 5 ? v128.load(keys, 80) : none;
    let g = size > 6 ? v128.load(keys, 96) : none;
    let h = size > 7 ? v128.load(keys, 112) : none;
    t = i16x8.min_u(e, f); f = i16x8.max_u(e, f); e = t;
    t = i16x8.min_u(g, h); h = i16x8.max_u(g, h); g = t;
    t = i16x8.min_u(e, g); g = i16x8.max_u(e, g); e = t;
    t = i16x8.min_u(f, h); h = i16x8.max_u(f, h); f = t;
    t = i16x8.min_u(f, g); g = i16x8.max_u(f, g); f = t;
    // Merge of abcd and efgh.
    t = i16x8.min_u(a, e); e = i16x8.max_u(a, e); a = t;
    t = i16x8.min_u(b, f); f = i16x8.max_u(b, f); b = t;
    t = i16x8.min_u(c, g); g = i16x8.max_u(c, g); c = t;
    t = i16x8.min_u(d, h); h = i16x8.max_u(d, h); d = t;
    t = i16x8.min_u(c, e); e = i16x8.max_u(c, e); c = t;
    t = i16x8.min_u(d, f); f = i16x8.max_u(d, f); d = t;
    t = i16x8.min_u(b, c); c = i16x8.max_u(b, c); b = t;
    t = i16x8.min_u(d, e); e = i16x8.max_u(d, e); d = t;
    t = i16x8.min_u(f, g); g = i16x8.max_u(f, g); f = t;
    v128.store(keys, e, 64);
    v128.store(keys, f, 80);
    v128.store(keys, g, 96);
    v128.store(keys, h, 112);
  }
  v128.store(keys, a);
  v128.store(keys, b, 16);
  v128.store(keys, c, 32);
  v128.store(keys, d, 48);
}

/** Sorts keys by the network for their number, which is written down when it is first needed. */
function sortKeys(keys: usize, size: i32): void {
  const entry = networkStartsAt + (<usize>size << 3);
  if (load<u32>(entry) == 0) writeNetwork(size, entry);
  const end = <usize>load<u32>(entry, 4);
  for (let at = <usize>load<u32>(entry); at < end; at += 4) {
    const pair = load<u32>(at);
    const low = keys + <usize>(pair & 0xffff);
    const high = keys + <usize>(pair >> 16);
    const one = v128.load(low);
    const other = v128.load(high);
    v128.store(low, i16x8.min_u(one, other));
    v128.store(high, i16x8.max_u(one, other));
  }
}

/** Merge exchange (Batcher 1968; Knuth, The Art of Computer Programming 3, algorithm 5.2.2M), as pairs of offsets. */
function writeNetwork(size: i32, entry: usize): void {
  store<u32>(entry, <u32>networksEnd);
  let top = 1;
  while (top * 2 < size) top <<= 1;
  for (let p = top; p > 0; p >>= 1) {
    let q = top;
    let r = 0;
    let d = p;
    while (true) {
      for (let i = 0; i < size - d; i++) {
        if ((i & p) != r) continue;
        store<u32>(networksEnd, (i << 4) | ((i + d) << 20));
        networksEnd += 4;
      }
      if (q == p) break;
      d = q - p;
      q >>= 1;
      r = p;
    }
  }
  store<u32>(entry, <u32>networksEnd, 4);
}

/** The 16-bit numbers at the places in the keys' low bytes (high bytes 255) from tables of up to `width` x 16 places. */
@inline
function lookUp(table: usize, places: v128, width: i32, hasHigh: bool): v128 {
  const low = lookUpBytes(table, places, width);
  return hasHigh ? v128.or(low, i16x8.shl(lookUpBytes(table + TABLE, places, width), 8)) : low;
}

@inline
function lookUpBytes(table: usize, places: v128, width: i32): v128 {
  let bytes = i8x16.swizzle(v128.load(table), places);
  if (width > 1) bytes = v128.or(bytes, i8x16.swizzle(v128.load(table, 16), v128.xor(places, i8x16.splat(16))));
  if (width > 2) {
    bytes = v128.or(bytes, i8x16.swizzle(v128.load(table, 32), v128.xor(places, i8x16.splat(32))));
    bytes = v128.or(bytes, i8x16.swizzle(v128.load(table, 48), v128.xor(places, i8x16.splat(48))));
  }
  return bytes;
}

// Squared sum of the left side divided by the product of the weights: proportional to the decrease of variance, as the
// node's sum is 0.
@inline
function scoreOf(sum: v128, weight: v128): v128 {
  const s = f32x4.convert_i32x4_s(sum);
  const w = f32x4.convert_i32x4_s(weight);
  return f32x4.div(f32x4.mul(s, s), f32x4.mul(w, f32x4.sub(f32x4.splat(nodeWeight), w)));
}

function scan(keys: usize, size: i32, list: usize): void {
  if (weightAt) scanOf(keys, size, list, 4, true);
  else if (size > 32) scanOf(keys, size, list, 4, false);
  else if (size > 16) scanOf(keys, size, list, 2, false);
  else scanOf(keys, size, list, 1, false);
}

/** Scores all splits of eight features whose keys are sorted. */
@inline
function scanOf(keys: usize, size: i32, list: usize, width: i32, isWeighted: bool): void {
  let sum = i16x8.splat(0);
  let weight = i16x8.splat(0);
  let bestLow = f32x4.splat(<f32>bestScore);
  let bestHigh = bestLow;
  let placesLow = i32x4.splat(-1);
  let placesHigh = placesLow;
  let key = v128.load(keys);
  const low = i16x8.splat(255);
  const high = i16x8.splat(<i16>0xff00);
  const firstSplit = minLeaf;
  const lastSplit = size - minLeaf;
  for (let split = 1; split <= lastSplit; split++) {
    const places = v128.or(key, high);
    sum = i16x8.add(sum, lookUp(tablesAt, places, width, true));
    weight = i16x8.add(weight, lookUp(tablesAt + 2 * TABLE, places, width, isWeighted));
    const next = v128.load(keys + (<usize>split << 4));
    const isBetween = i16x8.lt_u(v128.or(key, low), next);
    key = next;
    if (split < firstSplit) continue;
    const place = i32x4.splat(split);
    const scoreLow = scoreOf(i32x4.extend_low_i16x8_s(sum), i32x4.extend_low_i16x8_s(weight));
    const scoreHigh = scoreOf(i32x4.extend_high_i16x8_s(sum), i32x4.extend_high_i16x8_s(weight));
    const isBetterLow = v128.and(f32x4.gt(scoreLow, bestLow), i32x4.extend_low_i16x8_s(isBetween));
    const isBetterHigh = v128.and(f32x4.gt(scoreHigh, bestHigh), i32x4.extend_high_i16x8_s(isBetween));
    bestLow = v128.bitselect(scoreLow, bestLow, isBetterLow);
    bestHigh = v128.bitselect(scoreHigh, bestHigh, isBetterHigh);
    placesLow = v128.bitselect(place, placesLow, isBetterLow);
    placesHigh = v128.bitselect(place, placesHigh, isBetterHigh);
  }
  keepBest(keys, list, bestLow, bestHigh, placesLow, placesHigh, false);
}

/** The same with missing values, whose keys are the last, on the left side. */
function scanMissingLeft(keys: usize, size: i32, list: usize): void {
  let sum = i16x8.splat(0);
  let weight = i16x8.splat(0);
  let count = i16x8.splat(0);
  const low = i16x8.splat(255);
  const high = i16x8.splat(<i16>0xff00);
  for (let place = 0; place < size; place++) {
    const key = v128.load(keys + (<usize>place << 4));
    const isMissing = i16x8.ge_u(key, high);
    const places = v128.or(key, high);
    sum = i16x8.add(sum, v128.and(isMissing, lookUp(tablesAt, places, 4, true)));
    weight = i16x8.add(weight, v128.and(isMissing, lookUp(tablesAt + 2 * TABLE, places, 4, true)));
    count = i16x8.sub(count, isMissing);
  }
  const hasMissing = i16x8.gt_s(count, i16x8.splat(0));
  const enough = i16x8.splat(<i16>(minLeaf - 1));
  const all = i16x8.splat(<i16>size);
  let bestLow = f32x4.splat(<f32>bestScore);
  let bestHigh = bestLow;
  let placesLow = i32x4.splat(-1);
  let placesHigh = placesLow;
  let key = v128.load(keys);
  for (let split = 1; split < size; split++) {
    const places = v128.or(key, high);
    sum = i16x8.add(sum, lookUp(tablesAt, places, 4, true));
    weight = i16x8.add(weight, lookUp(tablesAt + 2 * TABLE, places, 4, true));
    count = i16x8.add(count, i16x8.splat(1));
    const next = v128.load(keys + (<usize>split << 4));
    let isAllowed = v128.and(i16x8.lt_u(v128.or(key, low), next), i16x8.lt_u(next, high));
    isAllowed = v128.and(isAllowed, hasMissing);
    isAllowed = v128.and(isAllowed, i16x8.gt_s(count, enough));
    isAllowed = v128.and(isAllowed, i16x8.gt_s(i16x8.sub(all, count), enough));
    key = next;
    const place = i32x4.splat(split);
    const scoreLow = scoreOf(i32x4.extend_low_i16x8_s(sum), i32x4.extend_low_i16x8_s(weight));
    const scoreHigh = scoreOf(i32x4.extend_high_i16x8_s(sum), i32x4.extend_high_i16x8_s(weight));
    const isBetterLow = v128.and(f32x4.gt(scoreLow, bestLow), i32x4.extend_low_i16x8_s(isAllowed));
    const isBetterHigh = v128.and(f32x4.gt(scoreHigh, bestHigh), i32x4.extend_high_i16x8_s(isAllowed));
    bestLow = v128.bitselect(scoreLow, bestLow, isBetterLow);
    bestHigh = v128.bitselect(scoreHigh, bestHigh, isBetterHigh);
    placesLow = v128.bitselect(place, placesLow, isBetterLow);
    placesHigh = v128.bitselect(place, placesHigh, isBetterHigh);
  }
  keepBest(keys, list, bestLow, bestHigh, placesLow, placesHigh, true);
}

/** Takes the best of eight features' best splits when it is better than what was found before. */
function keepBest(keys: usize, list: usize, scoresLow: v128, scoresHigh: v128, placesLow: v128, placesHigh: v128, missingLeft: bool): void {
  const none = i32x4.splat(-1);
  if (!v128.any_true(v128.or(i32x4.ne(placesLow, none), i32x4.ne(placesHigh, none)))) return;
  v128.store(lanesAt, scoresLow);
  v128.store(lanesAt, scoresHigh, 16);
  v128.store(lanesAt, placesLow, 32);
  v128.store(lanesAt, placesHigh, 48);
  let best = <f32>bestScore;
  let lane: usize = 8;
  for (let i: usize = 0; i < 8; i++) {
    const score = load<f32>(lanesAt + (i << 2));
    const isBetter = score > best && load<i32>(lanesAt + (i << 2), 32) >= 0;
    best = isBetter ? score : best;
    lane = isBetter ? i : lane;
  }
  if (lane == 8) return;
  const key = keys + (<usize>load<i32>(lanesAt + (lane << 2), 32) << 4) + (lane << 1);
  const lowBin = <i32>load<u8>(key - 15);
  const highBin = <i32>load<u8>(key, 1);
  bestScore = best;
  bestFeature = load<u16>(list + (lane << 1));
  bestBin = highBin == MISSING ? lowBin : (lowBin + highBin - 1) >> 1;
  bestMissingLeft = missingLeft;
}

// --------------------------------------------------------------------------------------------------------- large nodes

function searchLarge(from: usize, size: i32, mean: f64, spread: f64, weight: f64, list: usize, count: i32): void {
  nodeWeight = <f32>weight;
  for (let done = 0; done < count; done += <i32>HISTOGRAM_BLOCK) {
    const here = list + (<usize>done << 1);
    const block = min(<i32>HISTOGRAM_BLOCK, count - done);
    fillHistograms(from, size, mean, 1 / spread, here, block);
    if (minLeaf > 1) countRows(from, size, here, block);
    for (let i = 0; i < block; i++) {
      const histogram = histogramAt + <usize>i * HISTOGRAM_BYTES;
      scanHistogram(histogram, rowCountsAt + (<usize>i << 10), load<u16>(here + (<usize>i << 1)), size);
    }
  }
}

/**
 * Adds each row's weighted target, less the node's mean and divided by its spread, and weight to the bins of the listed
 * features. All the node's rows together sum to 0, and no sum is over 1.
 */
function fillHistograms(from: usize, size: i32, mean: f64, scale: f64, list: usize, count: i32): void {
  const end = from + <usize>size * recordSize;
  const listEnd = list + (<usize>count << 1);
  for (let at = from; at < end; at += recordSize) {
    const rowWeight = <f64>load<f32>(at + stride, 8);
    const target = (centred(load<f64>(at + stride)) - mean) * scale;
    const pair = f64x2.replace_lane(f64x2.splat(rowWeight * target), 1, rowWeight);
    let histogram = histogramAt;
    let entry = list;
    for (; entry + 2 < listEnd; entry += 4) {
      const bin = histogram + (<usize>load<u8>(at + <usize>load<u16>(entry)) << 4);
      const next = histogram + (<usize>load<u8>(at + <usize>load<u16>(entry, 2)) << 4);
      v128.store(bin, f64x2.add(v128.load(bin), pair));
      v128.store(next, f64x2.add(v128.load(next, HISTOGRAM_BYTES), pair), HISTOGRAM_BYTES);
      histogram += 2 * HISTOGRAM_BYTES;
    }
    if (entry < listEnd) {
      const bin = histogram + (<usize>load<u8>(at + <usize>load<u16>(entry)) << 4);
      v128.store(bin, f64x2.add(v128.load(bin), pair));
    }
  }
}

function countRows(from: usize, size: i32, list: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const counts = rowCountsAt + (<usize>i << 10);
    const feature = <usize>load<u16>(list + (<usize>i << 1));
    for (let row = 0; row < size; row++) {
      const at = counts + (<usize>load<u8>(from + <usize>row * recordSize + feature) << 2);
      store<i32>(at, load<i32>(at) + 1);
    }
  }
}

/** Scores the splits of one feature and clears its histogram. */
function scanHistogram(histogram: usize, counts: usize, feature: i32, size: i32): void {
  const last = <i32>load<u16>(numBinsAt + (<usize>feature << 1)) - 1;
  const missing = v128.load(histogram, <usize>MISSING << 4);
  const hasMissing = f64x2.extract_lane(missing, 1) > 0;
  const missingCount = minLeaf > 1 && hasMissing ? load<i32>(counts, <usize>MISSING << 2) : 0;
  // The last bin is followed by the missing values, or by nothing.
  scanBins(histogram, counts, feature, f64x2.splat(0), 0, size, hasMissing ? last : last - 1, last, false);
  if (hasMissing) {
    scanBins(histogram, counts, feature, missing, missingCount, size, last - 1, last, true);
    v128.store(histogram, f64x2.splat(0), <usize>MISSING << 4);
  }
  for (let at = histogram; at <= histogram + (<usize>last << 4); at += 16) v128.store(at, f64x2.splat(0));
  if (minLeaf > 1) memory.fill(counts, 0, 1024);
}

/**
 * Four bins at a time; the sums stay float64, the scores are float32.
 * @param left what lies left of the first bin: nothing, or the missing values. @param end the last bin to split after.
 */
function scanBins(
  histogram: usize, counts: usize, feature: i32, left: v128, leftCount: i32, size: i32, end: i32, last: i32, missingLeft: bool,
): void {
  let begin = 0;
  if (minLeaf > 1) {
    // Rows left of a split only become more, so the allowed splits are adjacent.
    let bin = 0;
    for (; bin <= end; bin++) {
      leftCount += load<i32>(counts + (<usize>bin << 2));
      if (leftCount >= minLeaf) break;
    }
    begin = bin;
    if (begin > end || size - leftCount < minLeaf) return;
    for (bin++; bin <= end; bin++) {
      leftCount += load<i32>(counts + (<usize>bin << 2));
      if (size - leftCount < minLeaf) break;
    }
    end = bin - 1;
  }
  const all = f32x4.splat(nodeWeight);
  const zero = f32x4.splat(0);
  const first = i32x4.splat(begin);
  const final = i32x4.splat(end);
  let bins = i32x4(0, 1, 2, 3);
  let best = f32x4.splat(<f32>bestScore);
  let places = i32x4.splat(-1);
  for (let at = histogram; at <= histogram + (<usize>end << 4); at += 64) {
    const a = f64x2.add(left, v128.load(at));
    const pair = f64x2.add(v128.load(at), v128.load(at, 16));
    const b = f64x2.add(left, pair);
    const c = f64x2.add(b, v128.load(at, 32));
    left = f64x2.add(left, f64x2.add(pair, f64x2.add(v128.load(at, 32), v128.load(at, 48))));
    // Each is (sum, weight); the four of a kind go together.
    const sums = i64x2.shuffle(pairsOf(a, b), pairsOf(c, left), 0, 2);
    const weights = i64x2.shuffle(pairsOf(a, b), pairsOf(c, left), 1, 3);
    const rest = f32x4.sub(all, weights);
    const score = f32x4.div(f32x4.mul(sums, sums), f32x4.mul(weights, rest));
    let isBetter = v128.and(f32x4.gt(score, best), f32x4.gt(rest, zero));
    isBetter = v128.and(isBetter, v128.and(i32x4.ge_s(bins, first), i32x4.le_s(bins, final)));
    best = v128.bitselect(score, best, isBetter);
    places = v128.bitselect(bins, places, isBetter);
    bins = i32x4.add(bins, i32x4.splat(4));
  }
  keepBestBin(histogram, feature, best, places, last, missingLeft);
}

/** (s1, s2, w1, w2) as float32 of two pairs (s, w). */
@inline
function pairsOf(one: v128, other: v128): v128 {
  return i32x4.shuffle(f32x4.demote_f64x2_zero(one), f32x4.demote_f64x2_zero(other), 0, 4, 1, 5);
}

function keepBestBin(histogram: usize, feature: i32, scores: v128, places: v128, last: i32, missingLeft: bool): void {
  if (!v128.any_true(i32x4.ge_s(places, i32x4.splat(0)))) return;
  v128.store(lanesAt, scores);
  v128.store(lanesAt, places, 16);
  let best = <f32>bestScore;
  let found = -1;
  for (let lane: usize = 0; lane < 4; lane++) {
    const score = load<f32>(lanesAt + (lane << 2));
    const place = load<i32>(lanesAt + (lane << 2), 16);
    if (place < 0 || score < best || (score == best && found >= 0 && place > found)) continue;
    best = score;
    found = place;
  }
  if (found < 0) return;
  // Halfway to the next bin that holds rows.
  let next = found + 1;
  while (next <= last && f64x2.extract_lane(v128.load(histogram + (<usize>next << 4)), 1) == 0) next++;
  if (next > last) {
    // Nothing but missing values follows, if anything does: else rounding made the score.
    if (missingLeft || f64x2.extract_lane(v128.load(histogram, <usize>MISSING << 4), 1) == 0) return;
    next = found + 1;
  }
  bestScore = best;
  bestFeature = feature;
  bestBin = (found + next - 1) >> 1;
  bestMissingLeft = missingLeft;
}
