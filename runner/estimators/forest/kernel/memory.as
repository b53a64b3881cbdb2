// The tree builder of ../tree-builder.ts with vector instructions, in AssemblyScript: trees as good, not the same ones. `build.ts`
// compiles all parts (the .as files of this folder, one module) into tree-kernel.ts. Addresses are byte offsets; the host
// (../kernel-job.ts) places the training set, `layOut` everything else.

const MISSING: u32 = 255;
const SMALL: i32 = 48;
const STACK_ENTRY: usize = 40;
/** Features whose histograms are filled in one pass over the rows. */
const HISTOGRAM_BLOCK: usize = 32;
const HISTOGRAM_BYTES: usize = 4096;
/** Bytes for keys of one group of eight features. */
const GROUP_KEYS: usize = 16 * 48;

/** With more features, keys are copied byte by byte: a look-up index must not reach another vector. */
const MOST_GATHERED: i32 = 240;

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
/** Classes when there are more than two; 0: the target is a number. */
let numClasses: i32 = 0;

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
let classWeightsAt: usize = 0;
let presentAt: usize = 0;
let classTablesAt: usize = 0;
let numeratorsAt: usize = 0;

// The tree being grown.
let nodeFeaturesAt: usize = 0;
let nodeBinsAt: usize = 0;
let childrenAt: usize = 0;
let leavesAt: usize = 0;
let nodes: i32 = 0;
let leaves: i32 = 0;

let bump: usize = 0;

function take(bytes: usize): usize {
  const at = bump;
  bump = (bump + bytes + 63) & ~63;
  return at;
}

/** Sets what the trees are grown from; addresses are of the data that all threads read. */
export function configure(
  rows: i32, features: i32, rowStride: i32, bins: usize, target: usize, mean: f64, scale: f64, weight: usize, numBins: usize,
  featuresPerSplit: i32, depth: i32, samplesLeaf: i32, samplesSplit: i32, draws: bool, classes: i32,
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
  numClasses = classes;
  numPresent = 0;
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
  masksAt = take(numFeatures > MOST_GATHERED ? 0 : groups * stride);
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
  allLeavesAt = take(8 * capacity * leafSize());
  classWeightsAt = take(16 * <usize>numClasses);
  presentAt = take(2 * <usize>numClasses);
  classTablesAt = take(2 * TABLE * SMALL);
  numeratorsAt = take(HISTOGRAM_BLOCK * 2048);
  return bump;
}

/** Numbers in a leaf. */
@inline
function leafSize(): usize {
  return <usize>max(1, numClasses);
}

/** Clears what must be zero; once, before the first tree. */
export function start(): void {
  memory.fill(histogramAt, 0, HISTOGRAM_BLOCK * HISTOGRAM_BYTES);
  memory.fill(rowCountsAt, 0, HISTOGRAM_BLOCK * 1024);
  memory.fill(numeratorsAt, 0, HISTOGRAM_BLOCK * 2048);
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
