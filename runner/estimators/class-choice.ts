/** The most probable class of each row, the lowest of equals. @param proba n x `numClasses`, row-major. */
export function mostProbableClass(proba: Float64Array, numClasses: number): Float64Array {
  const classes = new Float64Array(numClasses === 0 ? 0 : proba.length / numClasses);
  for (let row = 0; row < classes.length; row++) {
    const start = row * numClasses;
    let best = 0;
    for (let c = 1; c < numClasses; c++) if (proba[start + c] > proba[start + best]) best = c;
    classes[row] = best;
  }
  return classes;
}
