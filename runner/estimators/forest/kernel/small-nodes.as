// Nodes of up to SMALL rows, which most are: eight features at a time, one a 16-bit lane, are sorted (sorting.as), and all
// splits scored on the way along the sorted rows. A row's target comes from tables by its place in the node, quantised to
// 16 bits for that node.

/** Bytes of a table: one for each place. */
const TABLE: usize = 64;

/**
 * Tables of the weighted values (at `table`) and weights (at `tablesAt + 2 * TABLE`) of the node's rows by place: low bytes
 * and high bytes of 16-bit numbers each. A prefix of numbers that sum to 0 is at most half the sum of their sizes, hence
 * 62,000.
 */
function fillTables(from: usize, size: i32, table: usize, mean: f64, spread: f64): void {
  const scale = 62000 / spread;
  const weightScale: f64 = weightAt ? 30000 / nodeTotal : 1;
  let totalWeight = 0;
  for (let i = 0; i < size; i++) {
    const at = from + <usize>i * recordSize;
    const rowWeight = <f64>load<f32>(at + stride, 8);
    const quantised = <i32>nearest((valueOf(at) - mean) * rowWeight * scale);
    store<u8>(table + <usize>i, <u8>quantised);
    store<u8>(table + <usize>i, <u8>(quantised >> 8), TABLE);
    const to = tablesAt + <usize>i;
    const quantisedWeight = max<i32>(1, <i32>nearest(rowWeight * weightScale));
    store<u8>(to, <u8>quantisedWeight, 2 * TABLE);
    store<u8>(to, <u8>(quantisedWeight >> 8), 3 * TABLE);
    totalWeight += quantisedWeight;
  }
  nodeWeight = <f32>totalWeight;
}

let nodeWeight: f32 = 0;

function searchSmall(from: usize, size: i32, list: usize, count: i32, hasManyClasses: bool): void {
  const groups = (count + 7) >> 3;
  if (numFeatures <= MOST_GATHERED) gatherKeys(from, size, list, count, groups);
  else copyKeys(from, size, list, count, groups);
  for (let group = 0; group < groups; group++) {
    const keys = keysAt + <usize>group * GROUP_KEYS;
    if (size <= 8) sortFew(keys, size);
    else sortKeys(keys, size);
    const features = list + (<usize>group << 4);
    const hasMissing = v128.any_true(i16x8.ge_u(v128.load(keys + (<usize>(size - 1) << 4)), i16x8.splat(<i16>0xff00)));
    if (hasManyClasses) {
      scanClasses(keys, size, features, false);
      if (hasMissing) scanClasses(keys, size, features, true);
    } else {
      scan(keys, size, features);
      if (hasMissing) scanMissingLeft(keys, size, features);
    }
  }
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
