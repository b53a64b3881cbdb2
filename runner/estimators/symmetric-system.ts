import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from "ml-matrix";

/** Pivots or eigenvalues below this share of the largest count as 0. */
const singular = 1e-12;

/**
 * Solves `a x = b` for a symmetric positive semi-definite matrix by Cholesky, or, where it is singular, by the
 * pseudo-inverse, which gives the shortest solution.
 *
 * @param a p x p values with ones (or anything of that size) on the diagonal, row-major.
 * @param b p values.
 */
export function solveSymmetric(a: Float64Array, b: Float64Array): Float64Array {
  const p = b.length;
  if (p === 0) return new Float64Array(0);
  const matrix = Matrix.from1DArray(p, p, a);
  const cholesky = new CholeskyDecomposition(matrix);
  if (cholesky.isPositiveDefinite() && !hasTinyPivot(cholesky.lowerTriangularMatrix)) {
    return Float64Array.from(cholesky.solve(Matrix.columnVector(b)).to1DArray());
  }
  return solveByEigenvectors(matrix, b);
}

function hasTinyPivot(lower: Matrix): boolean {
  for (let j = 0; j < lower.rows; j++) if (lower.get(j, j) ** 2 < singular) return true;
  return false;
}

function solveByEigenvectors(matrix: Matrix, b: Float64Array): Float64Array {
  const p = b.length;
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const smallest = Math.max(...realEigenvalues) * singular;
  const solution = new Float64Array(p);
  for (let k = 0; k < p; k++) {
    if (!(realEigenvalues[k] > smallest)) continue;
    let projection = 0;
    for (let i = 0; i < p; i++) projection += eigenvectorMatrix.get(i, k) * b[i];
    projection /= realEigenvalues[k];
    for (let i = 0; i < p; i++) solution[i] += eigenvectorMatrix.get(i, k) * projection;
  }
  return solution;
}
