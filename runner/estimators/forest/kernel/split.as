// The search for a node's best split, small or large.

// The best split of the node being searched.
let bestScore: f64 = -1;
let bestFeature: i32 = -1;
let bestBin: i32 = 0;
let bestMissingLeft: bool = false;

// The node being searched: its rows' total weight, and the mean and spread (weighted sum of distances from the mean) of
// what is summed over them.
let nodeTotal: f64 = 0;
let nodeMean: f64 = 0;
let nodeSpread: f64 = 0;

/** Finds the best split of a node; false: it is a leaf. */
function findSplit(from: usize, size: i32, sum: f64, weight: f64): bool {
  bestFeature = -1;
  bestScore = -1;
  if (size == 2) return load<f64>(from + stride) != load<f64>(from + recordSize + stride) && splitPair(from);
  nodeTotal = weight;
  if (!(numClasses ? measureClasses(from, size) : measure(from, size, sum / weight))) return false;
  search(from, size, chooseFeatures(), maxFeatures);
  if (bestFeature < 0) searchOn(from, size);
  return bestFeature >= 0;
}

/** Whether the node's targets differ. */
function measure(from: usize, size: i32, mean: f64): bool {
  const first = load<f64>(from + stride);
  const end = from + <usize>size * recordSize;
  let differs: bool = false;
  let spread: f64 = 0;
  for (let at = from; at < end; at += recordSize) {
    const target = load<f64>(at + stride);
    differs = differs || target != first;
    spread += abs((centred(target) - mean) * <f64>load<f32>(at + stride, 8));
  }
  nodeMean = mean;
  nodeSpread = spread;
  // Targets closer than that, beside an outlier, would not survive the quantisation.
  return differs && spread > 1e-290;
}

/** Searches the listed features. */
function search(from: usize, size: i32, list: usize, count: i32): void {
  const hasManyClasses = numPresent > 2;
  if (size <= SMALL) {
    if (hasManyClasses) fillClassTables(from, size);
    else fillTables(from, size, tablesAt, nodeMean, nodeSpread);
    searchSmall(from, size, list, count, hasManyClasses);
  } else {
    searchLarge(from, size, list, count, hasManyClasses);
  }
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
function searchOn(from: usize, size: i32): void {
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
    search(from, size, at, 1);
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
