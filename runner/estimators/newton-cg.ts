/** A smooth convex function of `size` variables. */
export interface ConvexObjective {
  readonly size: number;
  /** Value at `point`; keeps what the other methods need about that point. */
  moveTo(point: Float64Array): number;
  /** Writes the gradient at the last point. */
  gradient(into: Float64Array): void;
  /** Writes the diagonal of the Hessian at the last point. */
  hessianDiagonal(into: Float64Array): void;
  /** Writes Hessian x `direction` at the last point. */
  hessianTimes(direction: Float64Array, into: Float64Array): void;
}

interface NewtonOptions {
  readonly maxIter: number;
  /** Stops when no part of the gradient is larger. */
  readonly tol: number;
}

interface Minimum {
  readonly point: Float64Array;
  readonly numIterations: number;
  readonly converged: boolean;
}

/**
 * Newton's method with a truncated, diagonally preconditioned conjugate gradient for each step and a backtracking line
 * search, from 0. Works with a Hessian that is only semi-definite, as softmax intercepts make it.
 *
 * Reference: J. Nocedal, S. Wright (2006), Numerical Optimization, algorithm 7.1.
 */
export function minimiseNewton(objective: ConvexObjective, { maxIter, tol }: NewtonOptions): Minimum {
  const point = new Float64Array(objective.size);
  const candidate = new Float64Array(objective.size);
  const gradient = new Float64Array(objective.size);
  const step = new Float64Array(objective.size);
  const solver = new StepSolver(objective);
  let value = objective.moveTo(point);
  for (let iteration = 0; ; iteration++) {
    objective.gradient(gradient);
    if (largest(gradient) <= tol) return { point, numIterations: iteration, converged: true };
    if (iteration === maxIter) return { point, numIterations: iteration, converged: false };
    solver.solve(gradient, step);
    const slope = dot(gradient, step);
    const slack = 1e-14 * Math.abs(value);
    let length = 1;
    let next = value;
    for (;;) {
      for (let i = 0; i < point.length; i++) candidate[i] = point[i] + length * step[i];
      next = objective.moveTo(candidate);
      if (next <= value + 1e-4 * length * slope + slack) break;
      length /= 2;
      // No progress is possible in floating point: this is the minimum for all that can be told.
      if (length < 1e-10) return { point, numIterations: iteration, converged: true };
    }
    point.set(candidate);
    value = next;
  }
}

/** Solves Hessian x step = -gradient roughly: the nearer to the minimum, the more exactly. Buffers are reused. */
class StepSolver {
  readonly #objective: ConvexObjective;
  readonly #diagonal: Float64Array;
  readonly #residual: Float64Array;
  readonly #scaled: Float64Array;
  readonly #direction: Float64Array;
  readonly #product: Float64Array;

  constructor(objective: ConvexObjective) {
    this.#objective = objective;
    this.#diagonal = new Float64Array(objective.size);
    this.#residual = new Float64Array(objective.size);
    this.#scaled = new Float64Array(objective.size);
    this.#direction = new Float64Array(objective.size);
    this.#product = new Float64Array(objective.size);
  }

  solve(gradient: Float64Array, step: Float64Array): void {
    const size = gradient.length;
    const [diagonal, residual, scaled] = [this.#diagonal, this.#residual, this.#scaled];
    const [direction, product] = [this.#direction, this.#product];
    this.#objective.hessianDiagonal(diagonal);
    step.fill(0);
    for (let i = 0; i < size; i++) {
      diagonal[i] = Math.max(diagonal[i], 1e-12);
      residual[i] = -gradient[i];
      scaled[i] = residual[i] / diagonal[i];
      direction[i] = scaled[i];
    }
    const norm = Math.sqrt(dot(gradient, gradient));
    const enough = norm * Math.min(0.1, norm);
    let energy = dot(residual, scaled);
    for (let round = 0; round < size + 20; round++) {
      this.#objective.hessianTimes(direction, product);
      const curvature = dot(direction, product);
      if (!(curvature > 0)) break;
      const length = energy / curvature;
      for (let i = 0; i < size; i++) {
        step[i] += length * direction[i];
        residual[i] -= length * product[i];
        scaled[i] = residual[i] / diagonal[i];
      }
      if (Math.sqrt(dot(residual, residual)) <= enough) break;
      const nextEnergy = dot(residual, scaled);
      const keep = nextEnergy / energy;
      for (let i = 0; i < size; i++) direction[i] = scaled[i] + keep * direction[i];
      energy = nextEnergy;
    }
    // A flat direction at once: go down the gradient.
    if (dot(step, gradient) >= 0) for (let i = 0; i < size; i++) step[i] = -gradient[i] / diagonal[i];
  }
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
