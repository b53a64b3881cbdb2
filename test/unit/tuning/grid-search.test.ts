import { describe, expect, it } from "vitest";
import { candidatesOf, gridSearch } from "../../../runner/tuning/grid-search.ts";

describe("candidatesOf", () => {
  it("combines all values, the last parameter varying fastest", () => {
    expect(candidatesOf({ depth: [1, 2], rate: ["a", "b"] })).toEqual([
      { depth: 1, rate: "a" },
      { depth: 1, rate: "b" },
      { depth: 2, rate: "a" },
      { depth: 2, rate: "b" },
    ]);
  });

  it("has one empty candidate for an empty space", () => {
    expect(candidatesOf({})).toEqual([{}]);
  });
});

describe("gridSearch", () => {
  const space = { alpha: [1, 2, 3, 4] };
  const scores = (...list: number[]) => gridSearch(space, ({ alpha }) => list[Number(alpha) - 1]);

  it("keeps every trial in order and takes the lowest loss", async () => {
    const { best, trials } = await scores(3, 1, 2, 5);
    expect(best).toEqual({ alpha: 2 });
    expect(trials.map(({ params, score }) => [params.alpha, score])).toEqual([
      [1, 3],
      [2, 1],
      [3, 2],
      [4, 5],
    ]);
    for (const { ms } of trials) expect(ms).toBeGreaterThanOrEqual(0);
  });

  it("takes the first of equals", async () => {
    expect((await scores(2, 1, 1, 1)).best).toEqual({ alpha: 2 });
    expect((await scores(1, 1, 1, 1)).best).toEqual({ alpha: 1 });
  });

  it("waits for scores that come later", async () => {
    const { best } = await gridSearch(space, async ({ alpha }) => -Number(alpha));
    expect(best).toEqual({ alpha: 4 });
  });

  it("keeps a candidate that fails, with its error, and goes on", async () => {
    const { best, trials } = await gridSearch(space, ({ alpha }) => {
      if (alpha === 1) throw new RangeError("too small");
      return Number(alpha);
    });
    expect(best).toEqual({ alpha: 2 });
    expect(trials[0]).toMatchObject({ params: { alpha: 1 }, score: null, error: "RangeError: too small" });
    expect(trials.slice(1).every((trial) => trial.error === undefined)).toBe(true);
  });

  it("never takes a loss that is not a number", async () => {
    const { best, trials } = await scores(Number.NaN, 9, Number.NaN, 8);
    expect(best).toEqual({ alpha: 4 });
    expect(trials[0].score).toBeNull();
  });

  it("takes the first candidate that could be fitted where no loss is a number", async () => {
    expect((await scores(Number.NaN, Number.NaN, Number.NaN, Number.NaN)).best).toEqual({ alpha: 1 });
    const { best } = await gridSearch(space, ({ alpha }) => {
      if (alpha === 1) throw new Error("can't be fitted");
      return Number.NaN;
    });
    expect(best).toEqual({ alpha: 2 });
  });

  it("fails with all errors when every candidate fails", async () => {
    const failing = gridSearch(space, ({ alpha }) => {
      throw new Error(`no ${alpha}`);
    });
    await expect(failing).rejects.toThrow("none of the 4 candidates could be trained: Error: no 1");
    const error: unknown = await failing.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toHaveLength(4);
  });

  it("names the parameter that has no values to try", async () => {
    await expect(gridSearch({ depth: [1], alpha: [] }, () => 0)).rejects.toThrow(/"alpha" has no values/);
  });

  it("does not score where there is nothing to choose", async () => {
    const fail = () => {
      throw new Error("was scored");
    };
    expect(await gridSearch({}, fail)).toEqual({ best: {}, trials: [] });
    expect(await gridSearch({ alpha: [5] }, fail)).toEqual({ best: { alpha: 5 }, trials: [] });
  });
});
