import {
  Table as ArrowTable,
  Bool,
  DateDay,
  Decimal,
  Dictionary,
  Field,
  Float64,
  Int8,
  Int32,
  Int64,
  LargeUtf8,
  List,
  makeVector,
  TimestampMicrosecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint64,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ScenarioKeyError } from "../../../runner/data/scenario.ts";
import { splitScenarios } from "../../../runner/data/scenario-split.ts";
import { UnsupportedTypeError } from "../../../runner/table/unsupported-type-error.ts";

function keysOf(column: Vector): unknown[] {
  return splitScenarios(new ArrowTable({ k: column }), ["k"]).map(({ key }) => key.k);
}

describe("splitScenarios", () => {
  it("cuts where any key column changes and says which rows are whose", () => {
    const table = new ArrowTable({
      store: vectorFromArray([2, 2, 2, 5, 5], new Int32()),
      brand: vectorFromArray(["a", "a", "b", "b", "b"], new Utf8()),
      week: vectorFromArray([1, 2, 1, 1, 2], new Int32()),
    });
    expect(splitScenarios(table, ["store", "brand"])).toEqual([
      { id: "store=2/brand=a", key: { store: 2, brand: "a" }, start: 0, end: 2 },
      { id: "store=2/brand=b", key: { store: 2, brand: "b" }, start: 2, end: 3 },
      { id: "store=5/brand=b", key: { store: 5, brand: "b" }, start: 3, end: 5 },
    ]);
  });

  it("finds nothing in a table without rows", () => {
    expect(splitScenarios(new ArrowTable({ k: vectorFromArray([], new Int32()) }), ["k"])).toEqual([]);
  });

  it.each<[string, Vector, unknown[]]>([
    ["small integers", vectorFromArray([-128, -128, 127], new Int8()), [-128, 127]],
    [
      "64-bit integers beyond doubles",
      vectorFromArray([9007199254740992n, 9007199254740993n, 9007199254740993n], new Int64()),
      ["9007199254740992", "9007199254740993"],
    ],
    ["unsigned 64-bit integers", vectorFromArray([1n, 2n ** 64n - 1n], new Uint64()), [1, "18446744073709551615"]],
    [
      "doubles, where 0 and -0 are one key and all NaN another",
      makeVector(Float64Array.of(-0, 0, 0.1, Number.NaN, Number.NaN, -Infinity)),
      [0, 0.1, "NaN", "-Infinity"],
    ],
    ["booleans", vectorFromArray([false, false, true], new Bool()), [false, true]],
    ["text", vectorFromArray(["", "", "é", "e", "e/😀"], new Utf8()), ["", "é", "e", "e/😀"]],
    ["large text", vectorFromArray(["x", "x", "xy"], new LargeUtf8()), ["x", "xy"]],
    ["dictionaries", vectorFromArray(["b", "b", "a"], new Dictionary(new Utf8(), new Int32())), ["b", "a"]],
    [
      "dates",
      makeVector({ type: new DateDay(), data: Int32Array.of(-1, 0, 0) } as never),
      ["1969-12-31", "1970-01-01"],
    ],
    [
      "seconds",
      makeVector({ type: new TimestampSecond(), data: BigInt64Array.of(-1n, 0n) } as never),
      ["1969-12-31T23:59:59", "1970-01-01T00:00:00"],
    ],
    [
      "microseconds with a zone",
      makeVector({ type: new TimestampMicrosecond("Europe/Berlin"), data: BigInt64Array.of(-1n, 1n, 1_000n) } as never),
      ["1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00.000001Z", "1970-01-01T00:00:00.001Z"],
    ],
    [
      "nanoseconds",
      makeVector({ type: new TimestampNanosecond(), data: BigInt64Array.of(1n, 1n, 2n) } as never),
      ["1970-01-01T00:00:00.000000001", "1970-01-01T00:00:00.000000002"],
    ],
    [
      "decimals",
      makeVector({
        type: new Decimal(2, 38, 128),
        length: 3,
        data: Uint32Array.of(150, 0, 0, 0, 150, 0, 0, 0, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff),
      } as never),
      ["1.5", "-0.01"],
    ],
  ])("keeps the exact values of %s", (_, column, keys) => {
    expect(keysOf(column)).toEqual(keys);
  });

  it("does not cut where two record batches meet inside a scenario", () => {
    const parts = [["a", "b"], ["b", "b"], [], ["b", "c"]].map((part) => vectorFromArray(part, new Utf8()));
    const column = parts[0].concat(...parts.slice(1));
    expect(splitScenarios(new ArrowTable({ k: column }), ["k"]).map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [1, 5],
      [5, 6],
    ]);
  });

  it("agrees with comparing row by row, for any columns and slices", () => {
    const row = fc.tuple(fc.constantFrom(1, 2), fc.constantFrom("a", "ab", ""), fc.constantFrom(true, false));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), fc.nat(10), fc.boolean(), (rows, from, asDictionary) => {
        const text = asDictionary ? new Dictionary(new Utf8(), new Int32()) : new Utf8();
        const table = new ArrowTable({
          n: vectorFromArray(
            rows.map(([n]) => n),
            new Int32(),
          ),
          s: vectorFromArray(
            rows.map(([, s]) => s),
            text,
          ),
          b: vectorFromArray(
            rows.map(([, , b]) => b),
            new Bool(),
          ),
        }).slice(Math.min(from, rows.length));
        const left = rows.slice(from);
        const starts = left.flatMap((one, index) =>
          index === 0 || one.some((value, column) => value !== left[index - 1][column]) ? [index] : [],
        );
        const scenarios = splitScenarios(table, ["n", "s", "b"]);
        expect(scenarios.map(({ start }) => start)).toEqual(starts);
        expect(scenarios.map(({ key }) => [key.n, key.s, key.b])).toEqual(starts.map((index) => left[index]));
      }),
    );
  });

  it("names a key column that is absent, has missing values, or is a list", () => {
    const table = new ArrowTable({
      k: vectorFromArray([1, null], new Int32()),
      l: vectorFromArray([[1], [2]], new List(new Field("item", new Int32()))),
    });
    expect(() => splitScenarios(table, ["nosuch"])).toThrow(/no key column "nosuch"/);
    expect(() => splitScenarios(table, ["k"])).toThrow(ScenarioKeyError);
    expect(() => splitScenarios(table, ["l"])).toThrow(UnsupportedTypeError);
  });

  it("reads chunks of doubles the same", () => {
    expect(keysOf(vectorFromArray([1, 1], new Float64()).concat(vectorFromArray([1, 2], new Float64())))).toEqual([
      1, 2,
    ]);
  });
});
