import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../runner/tuning/random.ts";

const draw = (seed: number, count: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random());
};

describe("seededRandom", () => {
  it("gives the same numbers for the same seed and others for another", () => {
    expect(draw(7, 100)).toEqual(draw(7, 100));
    expect(draw(7, 100)).not.toEqual(draw(8, 100));
  });

  it("keeps to the numbers of earlier versions, which stored runs depend on", () => {
    // mulberry32 of seed 0, computed by its definition in 32-bit arithmetic of Python.
    expect(draw(0, 3)).toEqual([0.26642920868471265, 0.0003297457005828619, 0.2232720274478197]);
  });

  it("is spread evenly over [0, 1)", () => {
    const numbers = draw(1, 20_000);
    const bins = new Array(10).fill(0);
    for (const number of numbers) bins[Math.floor(number * 10)]++;
    expect(bins.reduce((sum, count) => sum + count)).toBe(20_000);
    // Chi-squared with 9 degrees of freedom: 27.9 is exceeded once in a thousand seeds.
    expect(bins.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9);
  });
});
