import type { Trees } from "./trees.ts";

/** What growing a forest gives. */
export interface GrownTrees {
  readonly trees: Trees;
  /**
   * Mean decrease of impurity (Breiman 1984, 2001; scikit-learn's `feature_importances_`): each tree's decreases by feature
   * as shares of their sum, averaged over the trees that split at all. They sum to 1, or are all 0.
   */
  readonly importances: Float64Array;
}

/** Divided by their sum, unless that is 0. */
export function normalised(shares: Float64Array): Float64Array {
  let total = 0;
  for (const share of shares) total += share;
  return total > 0 ? shares.map((share) => share / total) : shares;
}
