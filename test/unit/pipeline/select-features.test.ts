import { describe, expect, it } from "vitest";
import { prepareData } from "../../../runner/pipeline/prepare-data.ts";
import { selectFeatures } from "../../../runner/pipeline/select-features.ts";
import { type Column, categorical, categoricalOf, numeric } from "../../../runner/table/column.ts";
import { contextWith, weekly } from "./scenario.ts";

const numbers = (...values: number[]) => numeric(Float64Array.from(values));
const { NaN: none } = Number;

/** Eight rows: five to train, one to validate, two to test would be three parts of 15%; without a time no lags come in. */
function select(columns: Readonly<Record<string, Column>>) {
  const sales = Array.from({ length: 8 }, (_, row) => row);
  const prepared = prepareData(weekly(sales, columns), contextWith({ horizon: 100 }));
  const { features, dropped } = selectFeatures(prepared, contextWith());
  const reasons = new Map(dropped.map(({ name, reason }) => [name, reason]));
  return {
    kept: features.names.filter((name) => name in columns),
    reasonOf: (name: string) => reasons.get(name),
    numTrain: prepared.split.train.length,
  };
}

describe("selectFeatures", () => {
  it("drops what is missing in every training row", () => {
    const { reasonOf, numTrain } = select({
      empty: numbers(none, none, none, none, none, none, none, none),
      lateComer: numbers(none, none, none, none, none, none, none, 3),
      text: categoricalOf(new Array(8).fill(null)),
    });
    expect(numTrain).toBeLessThan(8);
    for (const name of ["empty", "lateComer", "text"]) expect(reasonOf(name)).toBe("missing in every training row");
  });

  it("drops what has one value in every training row, whatever the later rows hold", () => {
    const { reasonOf } = select({
      constant: numbers(2, 2, 2, 2, 2, 2, 2, 2),
      changesLate: numbers(2, 2, 2, 2, 2, 2, 2, 9),
      text: categoricalOf(["a", "a", "a", "a", "a", "a", "a", "b"]),
    });
    for (const name of ["constant", "changesLate", "text"])
      expect(reasonOf(name)).toBe("the same value in every training row");
  });

  it("keeps one value with gaps: a gap may tell something", () => {
    expect(
      select({ gaps: numbers(1, none, 1, 1, none, 1, 1, 1), first: numbers(none, 1, 1, 1, 1, 1, 1, 1) }).kept,
    ).toEqual(["gaps", "first"]);
  });

  it("drops a copy and names the original", () => {
    const values = [1, 2, none, 4, 1, 2, 3, 4];
    const { kept, reasonOf } = select({
      price: numbers(...values),
      samePrice: numbers(...values),
      otherPrice: numbers(...values.map((value) => value * 2)),
    });
    expect(kept).toEqual(["price", "otherPrice"]);
    expect(reasonOf("samePrice")).toBe('equal to "price"');
  });

  it("compares texts and not their codes, which depend on the batch that a scenario came in", () => {
    const texts = ["a", "b", "a", null, "b", "a", "b", "a"];
    const other = ["x", "y", "x", null, "y", "x", "y", "x"];
    const elsewhere = categorical(Int32Array.of(3, 1, 3, -1, 1, 3, 1, 3), ["q", "b", "r", "a"]);
    const { kept, reasonOf } = select({ one: categoricalOf(texts), two: elsewhere, three: categoricalOf(other) });
    expect(kept).toEqual(["one", "three"]);
    expect(reasonOf("two")).toBe('equal to "one"');
  });

  it("leaves the input as it was and passes on what it does not change", () => {
    const prepared = prepareData(weekly([1, 2, 3, 4, 5], { c: numbers(1, 1, 1, 1, 1) }), contextWith());
    const before = prepared.features.names;
    const selected = selectFeatures(prepared, contextWith());
    expect(prepared.features.names).toEqual(before);
    expect(selected.rows).toBe(prepared.rows);
    expect(selected.features.names).not.toContain("c");
    expect([...selected.features.names, ...selected.dropped.map(({ name }) => name)].sort()).toEqual(
      [...before].sort(),
    );
  });

  it("keeps nothing of a scenario that has nothing to say", () => {
    expect(select({ c: numbers(1, 1, 1, 1, 1, 1, 1, 1) }).kept).toEqual([]);
  });
});
