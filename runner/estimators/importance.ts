/** Non-negative scores as shares that sum to 1; all 0 where there is nothing to share. */
export function importanceShares(names: readonly string[], scores: Float64Array): Record<string, number> {
  let total = 0;
  for (const score of scores) total += score;
  return Object.fromEntries(names.map((name, j) => [name, total > 0 ? scores[j] / total : 0]));
}
