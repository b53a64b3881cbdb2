/** Mean of `values`, each counting `weight` times. NaN without values. */
export function weightedMean(values: Float64Array, weight: Float64Array | null): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const times = weight === null ? 1 : weight[i];
    sum += times * values[i];
    total += times;
  }
  return sum / total;
}

/** Median of `values` (the mean of the middle two), each counting `weight` times. NaN without values. */
export function weightedMedian(values: Float64Array, weight: Float64Array | null): number {
  if (weight === null) {
    const sorted = values.slice().sort();
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
  const order = Int32Array.from(values, (_, i) => i).filter((i) => weight[i] > 0);
  order.sort((a, b) => values[a] - values[b]);
  let total = 0;
  for (const i of order) total += weight[i];
  let below = 0;
  for (let k = 0; k < order.length; k++) {
    below += weight[order[k]];
    if (below * 2 === total && k + 1 < order.length) return (values[order[k]] + values[order[k + 1]]) / 2;
    if (below * 2 >= total) return values[order[k]];
  }
  return Number.NaN;
}
