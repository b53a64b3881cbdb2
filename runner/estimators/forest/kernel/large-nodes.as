// Larger nodes: histograms of the sums of targets and weights by bin, in float64.

function searchLarge(from: usize, size: i32, list: usize, count: i32, hasManyClasses: bool): void {
  nodeWeight = <f32>nodeTotal;
  for (let done = 0; done < count; done += <i32>HISTOGRAM_BLOCK) {
    const here = list + (<usize>done << 1);
    const block = min(<i32>HISTOGRAM_BLOCK, count - done);
    if (minLeaf > 1) countRows(from, size, here, block);
    if (hasManyClasses) {
      for (let k = 0; k < numPresent; k++) {
        lookAtClass(k);
        fillHistograms(from, size, nodeMean, 1 / nodeTotal, here, block);
        scanHistograms(here, block, size, numeratorsAt, k == numPresent - 1);
      }
    } else {
      fillHistograms(from, size, nodeMean, 1 / nodeSpread, here, block);
      scanHistograms(here, block, size, 0, true);
    }
  }
}

/** @param numerators where squared sums add up over the classes; 0 for none. @param isLast with the last class come scores. */
function scanHistograms(list: usize, count: i32, size: i32, numerators: usize, isLast: bool): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const histogram = histogramAt + i * HISTOGRAM_BYTES;
    const counts = rowCountsAt + (i << 10);
    scanHistogram(histogram, counts, load<u16>(list + (i << 1)), size, numerators ? numerators + (i << 11) : 0, isLast);
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
    const target = (valueOf(at) - mean) * scale;
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
function scanHistogram(histogram: usize, counts: usize, feature: i32, size: i32, numerators: usize, isLast: bool): void {
  const last = <i32>load<u16>(numBinsAt + (<usize>feature << 1)) - 1;
  const missing = v128.load(histogram, <usize>MISSING << 4);
  const hasMissing = f64x2.extract_lane(missing, 1) > 0;
  const missingCount = minLeaf > 1 && hasMissing ? load<i32>(counts, <usize>MISSING << 2) : 0;
  // The last bin is followed by the missing values, or by nothing.
  scanBins(histogram, counts, feature, f64x2.splat(0), 0, size, hasMissing ? last : last - 1, last, false, numerators, isLast);
  if (hasMissing) {
    scanBins(histogram, counts, feature, missing, missingCount, size, last - 1, last, true, numerators ? numerators + 1024 : 0, isLast);
    v128.store(histogram, f64x2.splat(0), <usize>MISSING << 4);
  }
  for (let at = histogram; at <= histogram + (<usize>last << 4); at += 16) v128.store(at, f64x2.splat(0));
  if (minLeaf > 1 && isLast) memory.fill(counts, 0, 1024);
}

/**
 * Four bins at a time; the sums stay float64, the scores are float32.
 * @param left what lies left of the first bin: nothing, or the missing values. @param end the last bin to split after.
 */
function scanBins(
  histogram: usize, counts: usize, feature: i32, left: v128, leftCount: i32, size: i32, end: i32, last: i32, missingLeft: bool,
  numerators: usize, isLast: bool,
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
    let squares = f32x4.mul(sums, sums);
    if (numerators) {
      const numerator = numerators + ((at - histogram) >> 2);
      squares = f32x4.add(squares, v128.load(numerator));
      v128.store(numerator, v128.bitselect(zero, squares, i32x4.splat(-<i32>isLast)));
      if (!isLast) continue;
    }
    const rest = f32x4.sub(all, weights);
    const score = f32x4.div(squares, f32x4.mul(weights, rest));
    let isBetter = v128.and(f32x4.gt(score, best), f32x4.gt(rest, zero));
    isBetter = v128.and(isBetter, v128.and(i32x4.ge_s(bins, first), i32x4.le_s(bins, final)));
    best = v128.bitselect(score, best, isBetter);
    places = v128.bitselect(bins, places, isBetter);
    bins = i32x4.add(bins, i32x4.splat(4));
  }
  if (isLast) keepBestBin(histogram, feature, best, places, last, missingLeft);
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
