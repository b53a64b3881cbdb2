import { describe, expect, it } from "vitest";
import { type ConvexObjective, minimiseNewton } from "../../../runner/estimators/newton-cg.ts";

/** sum log cosh(scale (x - centre)): flat far from the centre, where a plain Newton step flies off. */
class FlatBowl implements ConvexObjective {
  readonly size: number;
  readonly #centre: readonly number[];
  readonly #scale: readonly number[];
  #point = new Float64Array(0);

  constructor(centre: readonly number[], scale: readonly number[]) {
    this.size = centre.length;
    this.#centre = centre;
    this.#scale = scale;
  }

  #slopes(): number[] {
    return this.#centre.map((centre, i) => Math.tanh(this.#scale[i] * (this.#point[i] - centre)));
  }

  moveTo(point: Float64Array): number {
    this.#point = point.slice();
    const logCosh = (z: number) => Math.abs(z) + Math.log1p(Math.exp(-2 * Math.abs(z))) - Math.LN2;
    return this.#centre.reduce((sum, centre, i) => sum + logCosh(this.#scale[i] * (point[i] - centre)), 0);
  }

  gradient(into: Float64Array): void {
    this.#slopes().forEach((slope, i) => {
      into[i] = this.#scale[i] * slope;
    });
  }

  hessianDiagonal(into: Float64Array): void {
    this.#slopes().forEach((slope, i) => {
      into[i] = this.#scale[i] ** 2 * (1 - slope ** 2);
    });
  }

  hessianTimes(direction: Float64Array, into: Float64Array): void {
    this.hessianDiagonal(into);
    for (let i = 0; i < into.length; i++) into[i] *= direction[i];
  }
}

describe("minimiseNewton", () => {
  it("shortens steps that would fly off", () => {
    const { point, converged, numIterations } = minimiseNewton(new FlatBowl([3, -2], [1, 0.5]), {
      maxIter: 50,
      tol: 1e-9,
    });
    expect(converged).toBe(true);
    expect(numIterations).toBeLessThan(30);
    expect(point[0]).toBeCloseTo(3, 7);
    expect(point[1]).toBeCloseTo(-2, 7);
  });

  it("stays where the gradient is small enough already", () => {
    const minimum = minimiseNewton(new FlatBowl([0], [1]), { maxIter: 5, tol: 1e-9 });
    expect(minimum).toEqual({ point: new Float64Array(1), numIterations: 0, converged: true });
  });

  it("says so when it has to stop early", () => {
    const minimum = minimiseNewton(new FlatBowl([3], [1]), { maxIter: 1, tol: 1e-9 });
    expect(minimum).toMatchObject({ numIterations: 1, converged: false });
  });
});
