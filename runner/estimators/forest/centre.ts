/** Where targets lie. */
interface Centre {
  readonly mean: number;
  /** 1 / the largest distance from the mean; 0 when all targets are equal. */
  readonly scale: number;
}

/**
 * Splits see targets less their mean, times the scale: about 0, at most 1, so that squares of sums neither cancel nor
 * overflow.
 */
export function centreOf(target: Float64Array): Centre {
  let mean = 0;
  for (const value of target) mean += value / target.length;
  let largest = 0;
  for (const value of target) largest = Math.max(largest, Math.abs(value - mean));
  return { mean, scale: largest > 0 ? 1 / largest : 0 };
}
