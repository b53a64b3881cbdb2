// Grows trees depth first. Rows of an open node lie side by side as records: the bins of all features (`stride` bytes), the
// target (f64), the weight (f32), 4 bytes of nothing. A split copies the records to the same place of a second buffer, the
// left child's from the front, the right child's from the back, so every pass over a node reads memory in order.

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
    leavesAt = allLeavesAt + (firstLeaf << 3) * leafSize();
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
    if (numClasses) recordClassDecrease(into, left, size);
    else recordDecrease(sum, weight);
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
  if (slot >= 0) store<i32>(childrenAt + (<usize>slot << 2), -1 - leaf);
  if (numClasses) {
    setClassShares(leavesAt + (<usize>leaf << 3) * leafSize(), at, size);
    return;
  }
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
}

function recordDecrease(sum: f64, weight: f64): void {
  const rightSum = sum - leftSum;
  const rightWeight = weight - leftWeight;
  const decrease = leftSum * leftSum / leftWeight + rightSum * rightSum / rightWeight - sum * sum / weight;
  const at = decreaseAt + (<usize>bestFeature << 3);
  if (decrease > 0) store<f64>(at, load<f64>(at) + decrease);
}
