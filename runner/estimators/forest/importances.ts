/**
 * Mean decrease of impurity (Breiman 1984, 2001; scikit-learn's `feature_importances_`): each tree's decreases by feature
 * as shares of their sum, averaged over the trees. A tree that is one leaf has none and does not count.
 */
export class Importances {
  readonly #shares: Float64Array;

  constructor(numFeatures: number) {
    this.#shares = new Float64Array(numFeatures);
  }

  addTree(decreases: Float64Array): void {
    let total = 0;
    for (const decrease of decreases) total += decrease;
    if (!(total > 0)) return;
    for (let feature = 0; feature < decreases.length; feature++) this.#shares[feature] += decreases[feature] / total;
  }

  /** By feature, summing to 1, or all 0 when no tree has split. */
  finish(): Float64Array {
    let total = 0;
    for (const share of this.#shares) total += share;
    return total > 0 ? this.#shares.map((share) => share / total) : this.#shares;
  }
}
