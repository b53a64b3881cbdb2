import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  learnLevels,
  levelIndex,
  matchLevels,
  missingLevel,
  unknownLevel,
} from "../../../runner/estimators/category-levels.ts";
import { categorical, categoricalOf, numeric } from "../../../runner/table/column.ts";

const texts = fc.array(fc.option(fc.constantFrom("a", "b", "c", "d"), { nil: null }));

describe("category levels", () => {
  it("are the distinct texts, sorted and counted", () => {
    fc.assert(
      fc.property(texts, (values) => {
        const { levels, counts, missing } = learnLevels(categoricalOf(values));
        expect(levels).toEqual([...new Set(values.filter((value) => value !== null))].sort());
        expect(counts).toEqual(levels.map((level) => values.filter((value) => value === level).length));
        expect(missing).toBe(values.filter((value) => value === null).length);
      }),
    );
  });

  it("are matched by text in a table with other codes", () => {
    fc.assert(
      fc.property(texts, texts, (train, later) => {
        const { levels } = learnLevels(categoricalOf(train));
        const matched = matchLevels(categoricalOf(later), levelIndex(levels));
        const expected = later.map((text) => {
          if (text === null) return missingLevel;
          return levels.includes(text) ? levels.indexOf(text) : unknownLevel;
        });
        expect([...matched]).toEqual(expected);
      }),
    );
  });

  it("count a text that has two codes once, and leave out texts without rows", () => {
    const column = categorical(Int32Array.of(0, 2, 2), ["x", "unused", "x"]);
    expect(learnLevels(column)).toEqual({ levels: ["x"], counts: [3], missing: 0 });
  });

  it("of numbers are sorted by size", () => {
    const column = numeric(Float64Array.of(10, 9, -1, Number.NaN, 9));
    expect(learnLevels(column)).toEqual({ levels: ["-1", "9", "10"], counts: [1, 2, 1], missing: 1 });
    expect([...matchLevels(column, levelIndex(["9"]))]).toEqual([unknownLevel, 0, unknownLevel, missingLevel, 0]);
  });
});
