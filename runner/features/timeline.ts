/**
 * One step of the series: the median of the differences between consecutive times (the upper one of two). A stray time
 * stamp doesn't move it, as it would the smallest difference, and with that the horizon; gaps in less than half of the
 * series neither.
 *
 * @param times ascending, duplicates allowed, no NaN.
 * @returns 1 when no two times differ.
 */
export function typicalStep(times: Float64Array): number {
  const differences: number[] = [];
  for (let row = 1; row < times.length; row++) {
    if (times[row] > times[row - 1]) differences.push(times[row] - times[row - 1]);
  }
  differences.sort((a, b) => a - b);
  return differences[differences.length >> 1] ?? 1;
}

/**
 * For each row, how many leading rows are dated at least `horizon` steps before it. Only their targets may be used for
 * that row: this one function is the wall against leakage, and every feature made of targets goes through it.
 *
 * @param times ascending, duplicates allowed, no NaN.
 * @param horizon steps between the last known target and the row, at least 1.
 */
export function knownRows(times: Float64Array, horizon: number, step: number): Int32Array {
  const known = new Int32Array(times.length);
  // Steps such as 0.1 are not exact in binary; a thousandth of a step decides nothing else.
  const reach = (horizon - 1e-3) * step;
  let count = 0;
  for (let row = 0; row < times.length; row++) {
    while (count < row && times[count] <= times[row] - reach) count++;
    known[row] = count;
  }
  return known;
}

/** The observed values of a series in time order, with what is known of them at each row. */
export interface KnownSeries {
  /** Observed (not missing) values, in time order. */
  readonly values: Float64Array;
  /** Times of `values`. */
  readonly times: Float64Array;
  /** For each row of the table: how many of `values` are known at it. */
  readonly counts: Int32Array;
}

/** @param target one value a row, NaN where not observed. @param known from {@link knownRows}. */
export function knownSeries(times: Float64Array, target: Float64Array, known: Int32Array): KnownSeries {
  const observedBefore = new Int32Array(times.length + 1);
  for (let row = 0; row < times.length; row++) {
    observedBefore[row + 1] = observedBefore[row] + (Number.isFinite(target[row]) ? 1 : 0);
  }
  const values = new Float64Array(observedBefore[times.length]);
  const observedTimes = new Float64Array(values.length);
  for (let row = 0; row < times.length; row++) {
    if (!Number.isFinite(target[row])) continue;
    values[observedBefore[row]] = target[row];
    observedTimes[observedBefore[row]] = times[row];
  }
  return { values, times: observedTimes, counts: known.map((count) => observedBefore[count]) };
}
