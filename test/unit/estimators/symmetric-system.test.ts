import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { solveSymmetric } from "../../../runner/estimators/symmetric-system.ts";

describe("solveSymmetric", () => {
  it("solves every consistent system, singular ones too", () => {
    const factor = fc.array(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 3, maxLength: 3 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(factor, fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 3, maxLength: 3 }), (rows, x) => {
        // a = rows' rows, scaled to about ones on the diagonal; b = a x.
        const a = new Float64Array(9);
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) a[i * 3 + j] = rows.reduce((sum, row) => sum + row[i] * row[j], 0) / 16;
        }
        const times = (v: ArrayLike<number>) =>
          Float64Array.from([0, 1, 2], (i) => a[i * 3] * v[0] + a[i * 3 + 1] * v[1] + a[i * 3 + 2] * v[2]);
        const b = times(x);
        const solved = times(solveSymmetric(a, b));
        for (let i = 0; i < 3; i++) expect(solved[i]).toBeCloseTo(b[i], 6);
      }),
    );
  });

  it("gives the shortest solution of a singular system", () => {
    expect([...solveSymmetric(Float64Array.of(1, 1, 1, 1), Float64Array.of(2, 2))].map((x) => x.toFixed(9))).toEqual([
      "1.000000000",
      "1.000000000",
    ]);
  });

  it("has nothing to solve without unknowns", () => {
    expect(solveSymmetric(new Float64Array(0), new Float64Array(0)).length).toBe(0);
  });
});
