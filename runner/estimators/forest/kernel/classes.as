// More than two classes: the Gini impurity, as the sum over classes of what a numeric target of 1 for the class and 0 for
// the others gives. The target of a record is its class. Nodes with two classes left need one of these sums only.

/** How many classes the node being searched has; their list is at `presentAt`, their weights at `classWeightsAt`. */
let numPresent: i32 = 0;
/** The class that is 1. */
let oneClass: f64 = 0;

/** What is summed over rows. */
@inline
function valueOf(record: usize): f64 {
  const target = load<f64>(record + stride);
  return numClasses ? <f64>(target == oneClass) : centred(target);
}

/** Weighs the node's classes; false when there is only one. */
function measureClasses(from: usize, size: i32): bool {
  memory.fill(classWeightsAt, 0, <usize>numClasses << 3);
  numPresent = 0;
  for (let i = 0; i < size; i++, from += recordSize) {
    const number = <usize>load<f64>(from + stride);
    const at = classWeightsAt + (number << 3);
    const before = load<f64>(at);
    if (before == 0) {
      store<u16>(presentAt + (<usize>numPresent << 1), <u16>number);
      numPresent++;
    }
    store<f64>(at, before + <f64>load<f32>(from + stride, 8));
  }
  if (numPresent == 2) lookAtClass(0);
  return numPresent > 1;
}

/** Makes the k-th of the node's classes the one that is 1. */
function lookAtClass(k: i32): void {
  const number = load<u16>(presentAt + (<usize>k << 1));
  oneClass = <f64>number;
  const weight = load<f64>(classWeightsAt + (<usize>number << 3));
  nodeMean = weight / nodeTotal;
  nodeSpread = 2 * weight * (1 - nodeMean);
}

/** A table for each class, all to the scale of the one with the largest numbers. */
function fillClassTables(from: usize, size: i32): void {
  let spread: f64 = 0;
  for (let k = 0; k < numPresent; k++) {
    lookAtClass(k);
    spread = max(spread, nodeSpread);
  }
  for (let k = 0; k < numPresent; k++) {
    lookAtClass(k);
    fillTables(from, size, classTablesAt + <usize>k * 2 * TABLE, nodeMean, spread);
  }
}

/** As `scan` and `scanMissingLeft` in small-nodes.as; squared sums add up over the classes split by split. */
function scanClasses(keys: usize, size: i32, list: usize, missingLeft: bool): void {
  const high = i16x8.splat(<i16>0xff00);
  for (let k = 0; k < numPresent; k++) {
    const table = classTablesAt + <usize>k * 2 * TABLE;
    let sum = missingLeft ? sumMissing(keys, size, table) : i16x8.splat(0);
    for (let split: usize = 1; split < <usize>size; split++) {
      const places = v128.or(v128.load(keys + ((split - 1) << 4)), high);
      sum = i16x8.add(sum, lookUp(table, places, 4, true));
      const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(sum));
      const upper = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(sum));
      const at = numeratorsAt + (split << 5);
      const isFirst = k == 0;
      v128.store(at, f32x4.add(f32x4.mul(low, low), isFirst ? f32x4.splat(0) : v128.load(at)));
      v128.store(at, f32x4.add(f32x4.mul(upper, upper), isFirst ? f32x4.splat(0) : v128.load(at, 16)), 16);
    }
  }
  scoreClasses(keys, size, list, missingLeft);
  memory.fill(numeratorsAt, 0, <usize>(size + 1) << 5);
}

function scoreClasses(keys: usize, size: i32, list: usize, missingLeft: bool): void {
  const high = i16x8.splat(<i16>0xff00);
  const enough = i16x8.splat(<i16>(minLeaf - 1));
  const all = i16x8.splat(<i16>size);
  let weight = i16x8.splat(0);
  let count = i16x8.splat(0);
  let isUseful = i16x8.splat(-1);
  let limit = i16x8.splat(-1);
  if (missingLeft) {
    weight = sumMissing(keys, size, tablesAt + 2 * TABLE);
    count = countMissing(keys, size);
    isUseful = i16x8.gt_s(count, i16x8.splat(0));
    limit = i16x8.splat(<i16>0xfeff);
  }
  let bestLow = f32x4.splat(<f32>bestScore);
  let bestHigh = bestLow;
  let placesLow = i32x4.splat(-1);
  let placesHigh = placesLow;
  for (let split: usize = 1; split < <usize>size; split++) {
    const key = v128.load(keys + ((split - 1) << 4));
    const next = v128.load(keys + (split << 4));
    weight = i16x8.add(weight, lookUp(tablesAt + 2 * TABLE, v128.or(key, high), 4, true));
    count = i16x8.add(count, i16x8.splat(1));
    let isAllowed = v128.and(i16x8.lt_u(v128.or(key, i16x8.splat(255)), next), i16x8.le_u(next, limit));
    isAllowed = v128.and(isAllowed, v128.and(isUseful, i16x8.gt_s(count, enough)));
    isAllowed = v128.and(isAllowed, i16x8.gt_s(i16x8.sub(all, count), enough));
    const place = i32x4.splat(<i32>split);
    const scoreLow = classScore(numeratorsAt + (split << 5), i32x4.extend_low_i16x8_s(weight));
    const scoreHigh = classScore(numeratorsAt + (split << 5) + 16, i32x4.extend_high_i16x8_s(weight));
    const isBetterLow = v128.and(f32x4.gt(scoreLow, bestLow), i32x4.extend_low_i16x8_s(isAllowed));
    const isBetterHigh = v128.and(f32x4.gt(scoreHigh, bestHigh), i32x4.extend_high_i16x8_s(isAllowed));
    bestLow = v128.bitselect(scoreLow, bestLow, isBetterLow);
    bestHigh = v128.bitselect(scoreHigh, bestHigh, isBetterHigh);
    placesLow = v128.bitselect(place, placesLow, isBetterLow);
    placesHigh = v128.bitselect(place, placesHigh, isBetterHigh);
  }
  keepBest(keys, list, bestLow, bestHigh, placesLow, placesHigh, missingLeft);
}

@inline
function classScore(numerators: usize, weight: v128): v128 {
  const w = f32x4.convert_i32x4_s(weight);
  return f32x4.div(v128.load(numerators), f32x4.mul(w, f32x4.sub(f32x4.splat(nodeWeight), w)));
}

function sumMissing(keys: usize, size: i32, table: usize): v128 {
  const high = i16x8.splat(<i16>0xff00);
  let sum = i16x8.splat(0);
  for (let place = 0; place < size; place++) {
    const key = v128.load(keys + (<usize>place << 4));
    sum = i16x8.add(sum, v128.and(i16x8.ge_u(key, high), lookUp(table, v128.or(key, high), 4, true)));
  }
  return sum;
}

function countMissing(keys: usize, size: i32): v128 {
  let count = i16x8.splat(0);
  for (let place = 0; place < size; place++) {
    count = i16x8.sub(count, i16x8.ge_u(v128.load(keys + (<usize>place << 4)), i16x8.splat(<i16>0xff00)));
  }
  return count;
}

/** A leaf's share of each class. */
function setClassShares(leaf: usize, at: usize, size: i32): void {
  memory.fill(leaf, 0, <usize>numClasses << 3);
  let total: f64 = 0;
  for (let i = 0; i < size; i++, at += recordSize) {
    const weight = <f64>load<f32>(at + stride, 8);
    const to = leaf + (<usize>load<f64>(at + stride) << 3);
    store<f64>(to, load<f64>(to) + weight);
    total += weight;
  }
  for (let k = 0; k < numClasses; k++) {
    const to = leaf + (<usize>k << 3);
    store<f64>(to, load<f64>(to) / total);
  }
}

/** As `recordDecrease`, summed over classes. @param at the records after the split, those of the left child first. */
function recordClassDecrease(at: usize, left: i32, size: i32): void {
  const sides = classWeightsAt;
  memory.fill(sides, 0, <usize>numClasses << 4);
  let leftTotal: f64 = 0;
  let rightTotal: f64 = 0;
  for (let i = 0; i < size; i++, at += recordSize) {
    const weight = <f64>load<f32>(at + stride, 8);
    const to = sides + (<usize>load<f64>(at + stride) << 4) + (i < left ? 0 : 8);
    store<f64>(to, load<f64>(to) + weight);
    if (i < left) leftTotal += weight;
    else rightTotal += weight;
  }
  let decrease: f64 = 0;
  for (let k = 0; k < numClasses; k++) {
    const one = load<f64>(sides + (<usize>k << 4));
    const other = load<f64>(sides + (<usize>k << 4), 8);
    decrease += one * one / leftTotal + other * other / rightTotal - (one + other) * (one + other) / (leftTotal + rightTotal);
  }
  const to = decreaseAt + (<usize>bestFeature << 3);
  if (decrease > 0) store<f64>(to, load<f64>(to) + decrease);
}
