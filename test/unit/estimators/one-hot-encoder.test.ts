import { describe, expect, it } from "vitest";
import { OneHotEncoder, type OneHotEncoderOptions } from "../../../runner/estimators/one-hot-encoder.ts";
import { categorical, categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

type Texts = readonly (string | null)[];
const tableOf = (texts: Texts) => new Table({ store: categoricalOf(texts) });

function encode(train: Texts, later: Texts, options: OneHotEncoderOptions = {}): Record<string, number[]> {
  const table = new OneHotEncoder(options).fit(tableOf(train)).transform(tableOf(later));
  return Object.fromEntries(table.names.map((name) => [name, [...table.numbers(name)]]));
}

describe("OneHotEncoder", () => {
  it("makes one column a category, named and sorted by it", () => {
    expect(encode(["b", "a", "b"], ["a", "b", "a"])).toEqual({ "store=a": [1, 0, 1], "store=b": [0, 1, 0] });
  });

  it("sets all to 0 for a category that training did not have", () => {
    expect(encode(["a", "b"], ["c"])).toEqual({ "store=a": [0], "store=b": [0] });
  });

  it("counts it among the infrequent ones, or throws, when told", () => {
    const train = ["a", "a", "b", "b", "c", "d"];
    const infrequent = encode(train, ["c", "new"], { maxCategories: 3, handleUnknown: "infrequent_if_exist" });
    expect(infrequent).toEqual({ "store=a": [0, 0], "store=b": [0, 0], "store=infrequent": [1, 1] });
    expect(() => encode(train, ["a", "new"], { handleUnknown: "error" })).toThrow(/row 1 of column "store"/);
  });

  it("gives missing values a column of their own, or zeros", () => {
    expect(encode(["a", null], [null, "a"])).toEqual({ "store=a": [0, 1], "store=missing": [1, 0] });
    expect(encode(["a", null], [null, "a"], { dropMissing: true })).toEqual({ "store=a": [0, 1] });
    expect(encode(["a"], [null])).toEqual({ "store=a": [0] });
  });

  it("stays bounded for ten thousand categories and keeps the most frequent", () => {
    const categories = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
    const codes = Int32Array.from({ length: 11_000 }, (_, row) => (row < 10_000 ? row : 4_321));
    const table = new Table({ store: categorical(codes, categories) });
    const encoded = new OneHotEncoder().fit(table).transform(table);
    expect(encoded.numColumns).toBe(32);
    expect(encoded.numbers("store=c4321").reduce((sum, value) => sum + value, 0)).toBe(1_001);
    for (let row = 0; row < 11_000; row += 500) {
      expect(encoded.numericColumns().reduce((sum, [, column]) => sum + column.values[row], 0)).toBe(1);
    }
  });

  it("encodes numbers by value when told to, and lets other columns pass", () => {
    const table = new Table({ week: numeric(Float64Array.of(10, 2, 10)), price: numeric(Float64Array.of(1, 2, 3)) });
    const encoded = new OneHotEncoder({ columns: ["week"] }).fit(table).transform(table);
    expect(encoded.names).toEqual(["price", "week=2", "week=10"]);
    expect([...encoded.numbers("week=10")]).toEqual([1, 0, 1]);
    expect(encoded.get("price")).toBe(table.get("price"));
  });

  it("keeps the names of its columns apart from those there are", () => {
    const table = new Table({
      store: categoricalOf(["missing", null, "infrequent"]),
      "store=missing": numeric(Float64Array.of(1, 2, 3)),
    });
    const encoded = new OneHotEncoder().fit(table).transform(table);
    expect(encoded.names).toEqual(["store=missing", "store=infrequent", "store=missing (2)", "store=missing (3)"]);
    expect([...encoded.numbers("store=missing")]).toEqual([1, 2, 3]);
  });

  it("knows which column each of its columns comes from", () => {
    expect(new OneHotEncoder().fit(tableOf(["a=b"])).featureSources).toEqual({ "store=a=b": "store" });
  });

  it("works with names that objects have of themselves", () => {
    const texts = ["__proto__", "constructor"];
    expect(Object.keys(encode(texts, texts)).sort()).toEqual(["store=__proto__", "store=constructor"]);
  });

  it("names a column that is not there", () => {
    expect(() => new OneHotEncoder({ columns: ["shop"] }).fit(tableOf(["a"]))).toThrow(/needs column "shop".*store/);
  });
});
