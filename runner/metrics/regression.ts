/** Values and predictions must have equal length; NaN in either makes a metric NaN. Without rows every metric is NaN. */
function checkLengths(actual: Float64Array, predicted: Float64Array): void {
  if (actual.length !== predicted.length) {
    throw new RangeError(`${actual.length} actual values, but ${predicted.length} predictions`);
  }
}

/** Mean absolute error. scikit-learn: `mean_absolute_error`. */
export function mae(actual: Float64Array, predicted: Float64Array): number {
  checkLengths(actual, predicted);
  let sum = 0;
  for (let row = 0; row < actual.length; row++) sum += Math.abs(actual[row] - predicted[row]);
  return sum / actual.length;
}

/** Root of the mean squared error. scikit-learn: `root_mean_squared_error`. */
export function rmse(actual: Float64Array, predicted: Float64Array): number {
  checkLengths(actual, predicted);
  let sum = 0;
  for (let row = 0; row < actual.length; row++) sum += (actual[row] - predicted[row]) ** 2;
  return Math.sqrt(sum / actual.length);
}

/**
 * Share of the variance explained: 1 is perfect, 0 as good as the mean, below 0 worse. scikit-learn: `r2_score`.
 * Constant actual values give 1 if predicted exactly, else 0; fewer than 2 rows give NaN.
 */
export function r2(actual: Float64Array, predicted: Float64Array): number {
  checkLengths(actual, predicted);
  const n = actual.length;
  if (n < 2) return Number.NaN;
  let mean = 0;
  for (let row = 0; row < n; row++) mean += actual[row] / n;
  let residual = 0;
  let total = 0;
  let constant = true;
  for (let row = 0; row < n; row++) {
    residual += (actual[row] - predicted[row]) ** 2;
    total += (actual[row] - mean) ** 2;
    if (actual[row] !== actual[0]) constant = false;
  }
  if (Number.isNaN(residual)) return Number.NaN;
  if (constant) return residual === 0 ? 1 : 0;
  return 1 - residual / total;
}

/**
 * Mean absolute error as a share of the actual value (0.1 is 10%). scikit-learn: `mean_absolute_percentage_error`, but
 * rows whose actual value is 0 are left out, where it would give about 1e15; NaN when no row is left.
 */
export function mape(actual: Float64Array, predicted: Float64Array): number {
  checkLengths(actual, predicted);
  let sum = 0;
  let count = 0;
  for (let row = 0; row < actual.length; row++) {
    if (actual[row] === 0) continue;
    sum += Math.abs((actual[row] - predicted[row]) / actual[row]);
    count++;
  }
  return sum / count;
}

/**
 * Symmetric MAPE: mean of `2 |y - f| / (|y| + |f|)`, from 0 to 2; a row where both are 0 counts as 0.
 * Reference: S. Makridakis et al. (2020), The M4 competition, International Journal of Forecasting 36(1).
 */
export function smape(actual: Float64Array, predicted: Float64Array): number {
  checkLengths(actual, predicted);
  let sum = 0;
  for (let row = 0; row < actual.length; row++) {
    const size = Math.abs(actual[row]) + Math.abs(predicted[row]);
    if (size !== 0) sum += (2 * Math.abs(actual[row] - predicted[row])) / size;
  }
  return sum / actual.length;
}

/** Sum of the absolute errors as a share of the sum of the absolute actual values; NaN when these are all 0. */
export function wape(actual: Float64Array, predicted: Float64Array): number {
  checkLengths(actual, predicted);
  let error = 0;
  let size = 0;
  for (let row = 0; row < actual.length; row++) {
    error += Math.abs(actual[row] - predicted[row]);
    size += Math.abs(actual[row]);
  }
  return size === 0 ? Number.NaN : error / size;
}

/**
 * Mean absolute scaled error: MAE as a multiple of `scale`, the error of the naive forecast on the training series
 * ({@link naiveError}); below 1 beats it. NaN when the scale is 0 or not known.
 * Reference: R. Hyndman, A. Koehler (2006), Another look at measures of forecast accuracy, IJF 22(4).
 */
export function mase(actual: Float64Array, predicted: Float64Array, scale: number): number {
  const error = mae(actual, predicted);
  return scale > 0 ? error / scale : Number.NaN;
}

/** Mean error, predicted - actual: above 0 predicts too much. */
export function bias(actual: Float64Array, predicted: Float64Array): number {
  checkLengths(actual, predicted);
  let sum = 0;
  for (let row = 0; row < actual.length; row++) sum += predicted[row] - actual[row];
  return sum / actual.length;
}

/**
 * Mean `|y_i - y_(i - period)|` of a series in the order of time: the scale of MASE. NaN when it is not longer than
 * `period`.
 */
export function naiveError(series: Float64Array, period = 1): number {
  let sum = 0;
  for (let row = period; row < series.length; row++) sum += Math.abs(series[row] - series[row - period]);
  return series.length > period ? sum / (series.length - period) : Number.NaN;
}

export interface RegressionMetricOptions {
  /** {@link naiveError} of the training series; without it MASE is NaN. */
  readonly maseScale?: number;
}

/** Names of the regression metrics as they are logged. */
export const regressionMetricNames = ["rmse", "mae", "r2", "mape", "smape", "wape", "mase", "bias"] as const;
export type RegressionMetrics = Readonly<Record<(typeof regressionMetricNames)[number], number>>;

/** All regression metrics, keyed as they are logged. @throws RangeError when the lengths differ. */
export function regressionMetrics(
  actual: Float64Array,
  predicted: Float64Array,
  { maseScale = Number.NaN }: RegressionMetricOptions = {},
): RegressionMetrics {
  return {
    rmse: rmse(actual, predicted),
    mae: mae(actual, predicted),
    r2: r2(actual, predicted),
    mape: mape(actual, predicted),
    smape: smape(actual, predicted),
    wape: wape(actual, predicted),
    mase: mase(actual, predicted, maseScale),
    bias: bias(actual, predicted),
  };
}
