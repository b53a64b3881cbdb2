import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../runner/tuning/random.ts";
import { type Split, splitByTime, splitRandomly, TooFewRowsError } from "../../../runner/tuning/split.ts";

const shares = { validation: 0.15, test: 0.15 };

function expectPartition({ train, validation, test }: Split, numRows: number): void {
  const all = [...train, ...validation, ...test].sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: numRows }, (_, row) => row));
  for (const part of [train, validation, test]) {
    expect(part.length).toBeGreaterThan(0);
    expect([...part]).toEqual([...part].sort((a, b) => a - b));
  }
}

const anyTimes = fc
  .array(fc.integer({ min: -30, max: 30 }), { minLength: 4, maxLength: 80 })
  .map((times) => Float64Array.from(times).sort())
  .filter((times) => new Set(times).size >= 4);

describe("splitByTime", () => {
  it("puts every row in one part, the earliest in training and the latest in test, rows of one time together", () => {
    fc.assert(
      fc.property(anyTimes, fc.integer({ min: 1, max: 8 }), (times, horizon) => {
        const split = splitByTime(times, shares, horizon);
        expectPartition(split, times.length);
        const [train, validation, test] = [split.train, split.validation, split.test].map((part) =>
          Array.from(part, (row) => times[row]),
        );
        expect(Math.max(...train)).toBeLessThan(Math.min(...validation));
        expect(Math.max(...validation)).toBeLessThan(Math.min(...test));
      }),
    );
  });

  it("gives validation and test their shares of the times", () => {
    const split = splitByTime(
      Float64Array.from({ length: 100 }, (_, i) => i),
      shares,
      1,
    );
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([70, 15, 15]);
  });

  it("makes validation and test as long as the horizon where there are enough times", () => {
    const split = splitByTime(
      Float64Array.from({ length: 40 }, (_, i) => i),
      shares,
      8,
    );
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([24, 8, 8]);
  });

  it("leaves half of the times for training however long the horizon", () => {
    const split = splitByTime(
      Float64Array.from({ length: 12 }, (_, i) => i),
      shares,
      100,
    );
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([6, 3, 3]);
  });

  it("counts times and not rows: four times are enough, three are not", () => {
    const times = (...list: number[]) => splitByTime(Float64Array.from(list), shares, 1);
    expectPartition(times(1, 2, 3, 4), 4);
    expect(() => times(1, 1, 2, 2, 3, 3)).toThrow(TooFewRowsError);
    expect(() => times(1, 1, 2, 2, 3, 3)).toThrow(/^3 distinct times with a target; at least 4/);
    expect(() => times()).toThrow(TooFewRowsError);
  });
});

describe("splitRandomly", () => {
  it("puts every row in one part, with or without classes", () => {
    const anyClasses = fc.option(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 100, maxLength: 100 }));
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 100 }), fc.nat(), anyClasses, (numRows, seed, classes) => {
        const strata = classes === null ? null : Float64Array.from(classes.slice(0, numRows));
        expectPartition(splitRandomly(numRows, shares, seededRandom(seed), strata), numRows);
      }),
    );
  });

  it("depends on the random numbers only", () => {
    const split = (seed: number) => splitRandomly(50, shares, seededRandom(seed));
    expect(split(3)).toEqual(split(3));
    expect(split(3)).not.toEqual(split(4));
  });

  it("represents each class in proportion in each part", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const strata = Float64Array.from({ length: 200 }, (_, row) => (row % 10 === 0 ? 1 : 0));
        const split = splitRandomly(200, shares, seededRandom(seed), strata);
        for (const part of [split.train, split.validation, split.test]) {
          const rare = part.filter((row) => strata[row] === 1).length;
          // A tenth, give or take the row at either cut.
          expect(Math.abs(rare - part.length / 10)).toBeLessThanOrEqual(2);
        }
      }),
    );
  });

  it("draws the test rows from everywhere, not from the end", () => {
    const picked = new Set<number>();
    for (let seed = 0; seed < 50; seed++) {
      for (const row of splitRandomly(10, shares, seededRandom(seed)).test) picked.add(row);
    }
    expect(picked.size).toBe(10);
  });

  it("needs four rows", () => {
    expectPartition(splitRandomly(4, shares, seededRandom(0)), 4);
    for (const numRows of [0, 1, 3]) {
      expect(() => splitRandomly(numRows, shares, seededRandom(0))).toThrow(TooFewRowsError);
    }
  });
});
