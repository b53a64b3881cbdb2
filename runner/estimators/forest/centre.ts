/**
 * Targets as the splits see them: less their mean, divided by the largest distance from it, so that squares of sums
 * neither cancel nor overflow.
 */
export function centre(target: Float64Array): Float64Array {
  let mean = 0;
  for (let row = 0; row < target.length; row++) mean += (target[row] - mean) / (row + 1);
  let largest = 0;
  for (const value of target) largest = Math.max(largest, Math.abs(value - mean));
  const scale = largest > 0 ? 1 / largest : 0;
  return target.map((value) => (value - mean) * scale);
}
