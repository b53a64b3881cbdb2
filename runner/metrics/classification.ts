/**
 * Classes are numbers 0..K-1; probabilities are row-major, n rows x K. An actual class of K or more (one that training
 * did not have) counts as an impossible event with probability 0. Without rows every metric is NaN.
 */
function rowsOf(actual: Float64Array, proba: Float64Array, numClasses: number): number {
  if (!(numClasses >= 1) || proba.length !== actual.length * numClasses) {
    throw new RangeError(`${actual.length} rows of ${numClasses} classes, but ${proba.length} probabilities`);
  }
  return actual.length;
}

/**
 * Mean negative logarithm of the probability given to the actual class, clipped at 2.2e-16 from 0 and 1.
 * scikit-learn: `log_loss`.
 */
export function logLoss(actual: Float64Array, proba: Float64Array, numClasses: number): number {
  const n = rowsOf(actual, proba, numClasses);
  let sum = 0;
  for (let row = 0; row < n; row++) {
    const given = actual[row] < numClasses ? proba[row * numClasses + actual[row]] : 0;
    sum -= Math.log(Math.min(Math.max(given, Number.EPSILON), 1 - Number.EPSILON));
  }
  return sum / n;
}

/** Share of rows whose class was predicted. scikit-learn: `accuracy_score`. */
export function accuracy(actual: Float64Array, predicted: Float64Array): number {
  checkLengths(actual, predicted);
  let correct = 0;
  for (let row = 0; row < actual.length; row++) if (actual[row] === predicted[row]) correct++;
  return correct / actual.length;
}

/**
 * F1, the harmonic mean of precision and recall: of class 1 for two classes, else the mean over the classes that occur
 * in the actual or the predicted values. scikit-learn: `f1_score` with average "binary" or "macro", 0 where undefined.
 */
export function f1(actual: Float64Array, predicted: Float64Array, numClasses: number): number {
  checkLengths(actual, predicted);
  if (actual.length === 0) return Number.NaN;
  let highest = numClasses - 1;
  for (let row = 0; row < actual.length; row++) highest = Math.max(highest, actual[row], predicted[row]);
  const hits = new Float64Array(highest + 1);
  const occurrences = new Float64Array(highest + 1);
  for (let row = 0; row < actual.length; row++) {
    if (actual[row] === predicted[row]) hits[actual[row]]++;
    occurrences[actual[row]]++;
    occurrences[predicted[row]]++;
  }
  if (highest <= 1) return occurrences[1] > 0 ? (2 * hits[1]) / occurrences[1] : 0;
  let sum = 0;
  let count = 0;
  for (let c = 0; c <= highest; c++) {
    if (occurrences[c] === 0) continue;
    sum += (2 * hits[c]) / occurrences[c];
    count++;
  }
  return sum / count;
}

/**
 * Probability that a row of the class gets a higher score than one of another class (ties count half): for two classes of
 * class 1, else the mean over each class against the rest. scikit-learn: `roc_auc_score` (`multi_class="ovr"`, macro).
 * NaN when the actual values hold a single class, as there is nothing to tell apart; with more than two classes those
 * that don't occur are left out.
 */
export function rocAuc(actual: Float64Array, proba: Float64Array, numClasses: number): number {
  const n = rowsOf(actual, proba, numClasses);
  const scores = new Float64Array(n);
  let sum = 0;
  let count = 0;
  for (let c = numClasses === 2 ? 1 : 0; c < numClasses; c++) {
    for (let row = 0; row < n; row++) scores[row] = proba[row * numClasses + c];
    const auc = aucOfClass(actual, scores, c);
    if (Number.isNaN(auc)) continue;
    sum += auc;
    count++;
  }
  return sum / count;
}

/** Mann-Whitney's U of one class against the rest by mean ranks; NaN when either side is empty. */
function aucOfClass(actual: Float64Array, scores: Float64Array, positive: number): number {
  const n = actual.length;
  const order = Int32Array.from(scores, (_, row) => row).sort((a, b) => scores[a] - scores[b]);
  let positives = 0;
  let rankSum = 0;
  for (let start = 0; start < n; ) {
    let end = start + 1;
    while (end < n && scores[order[end]] === scores[order[start]]) end++;
    const meanRank = (start + 1 + end) / 2;
    for (let i = start; i < end; i++) {
      if (actual[order[i]] !== positive) continue;
      positives++;
      rankSum += meanRank;
    }
    start = end;
  }
  const negatives = n - positives;
  if (positives === 0 || negatives === 0) return Number.NaN;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

function checkLengths(actual: Float64Array, predicted: Float64Array): void {
  if (actual.length !== predicted.length) {
    throw new RangeError(`${actual.length} actual classes, but ${predicted.length} predictions`);
  }
}

/** Names of the classification metrics as they are logged. */
export const classificationMetricNames = ["log_loss", "roc_auc", "f1", "accuracy"] as const;
export type ClassificationMetrics = Readonly<Record<(typeof classificationMetricNames)[number], number>>;

/**
 * All classification metrics, keyed as they are logged; the predicted class is the most probable one, the lowest of
 * equals. @throws RangeError when the lengths don't fit.
 */
export function classificationMetrics(
  actual: Float64Array,
  proba: Float64Array,
  numClasses: number,
): ClassificationMetrics {
  const predicted = predictedClasses(proba, rowsOf(actual, proba, numClasses), numClasses);
  return {
    log_loss: logLoss(actual, proba, numClasses),
    roc_auc: rocAuc(actual, proba, numClasses),
    f1: f1(actual, predicted, numClasses),
    accuracy: accuracy(actual, predicted),
  };
}

function predictedClasses(proba: Float64Array, n: number, numClasses: number): Float64Array {
  const classes = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    let best = 0;
    for (let c = 1; c < numClasses; c++) {
      if (proba[row * numClasses + c] > proba[row * numClasses + best]) best = c;
    }
    classes[row] = best;
  }
  return classes;
}
