import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type KeyColumn,
  parseScenarioKey,
  type ScenarioKey,
  ScenarioKeyError,
  scenarioId,
} from "../../../runner/data/scenario.ts";

const storeAndBrand: readonly KeyColumn[] = [
  { name: "store", type: "integer" },
  { name: "brand", type: "string" },
];

describe("scenarioId", () => {
  it("reads as name=value with slashes between", () => {
    expect(scenarioId({ store: 2, brand: "Tropicana 64 oz" })).toBe("store=2/brand=Tropicana 64 oz");
  });

  it("escapes what would make two keys look alike", () => {
    expect(scenarioId({ a: "x/b=y" })).toBe("a=x%2Fb%3Dy");
    expect(scenarioId({ a: "100%" })).toBe("a=100%25");
    expect(scenarioId({ a: " \n" })).toBe("a=%20%0A");
  });

  it("gives different keys different ids, and each can be read back", () => {
    const names = fc.uniqueArray(
      fc.string({ minLength: 1, unit: "binary" }).filter((name) => name !== "__proto__"),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    const keys = names.chain((columns) => {
      const value = fc.string({ unit: "binary" });
      return fc.record({
        columns: fc.constant(columns.map((name): KeyColumn => ({ name, type: "string" }))),
        key: fc.record(Object.fromEntries(columns.map((name) => [name, value]))),
        other: fc.record(Object.fromEntries(columns.map((name) => [name, value]))),
      });
    });
    fc.assert(
      fc.property(keys, ({ columns, key, other }) => {
        expect(parseScenarioKey(scenarioId({ ...key }), columns)).toEqual({ ...key });
        const same = columns.every(({ name }) => key[name] === other[name]);
        expect(scenarioId({ ...key }) === scenarioId({ ...other })).toBe(same);
      }),
    );
  });
});

describe("parseScenarioKey", () => {
  it.each<[string, ScenarioKey]>([
    ["store=2,brand=Dominicks", { store: 2, brand: "Dominicks" }],
    ["store=2/brand=Dominicks", { store: 2, brand: "Dominicks" }],
    ["brand=a,b/c,store=7", { store: 7, brand: "a,b/c" }],
    ["store=2, brand=x=y", { store: 2, brand: "x=y" }],
    ["store=-3,brand=", { store: -3, brand: "" }],
    ["store=9007199254740993,brand=100%", { store: "9007199254740993", brand: "100%" }],
  ])("reads %s", (text, key) => {
    expect(parseScenarioKey(text, storeAndBrand)).toEqual(key);
    expect(Object.keys(parseScenarioKey(text, storeAndBrand))).toEqual(["store", "brand"]);
  });

  it.each([
    ["store=2", /lacks brand; a scenario of this project is written store=...,brand=.../],
    ["shop=2,brand=x", /does not name a scenario/],
    ["2/x", /does not name a scenario/],
    ["", /does not name a scenario/],
    ["store=two,brand=x", /store=two: the column holds whole numbers/],
    ["store=1,store=2,brand=x", /gives store twice/],
  ])("refuses %s and says how scenarios are written", (text, message) => {
    expect(() => parseScenarioKey(text, storeAndBrand)).toThrow(ScenarioKeyError);
    expect(() => parseScenarioKey(text, storeAndBrand)).toThrow(message);
  });

  it.each<[KeyColumn["type"], string, string | number | boolean | null]>([
    ["integer", "007", 7],
    ["integer", "1.5", null],
    ["float", "1e3", 1000],
    ["float", "-0", 0],
    ["float", "nan", "NaN"],
    ["float", "-inf", "-Infinity"],
    ["float", "one", null],
    ["decimal", "001.500", "1.5"],
    ["decimal", "-0.0", "0"],
    ["decimal", ".5", "0.5"],
    ["decimal", "12345678901234567890.10", "12345678901234567890.1"],
    ["decimal", "1e3", null],
    ["boolean", "TRUE", true],
    ["boolean", "yes", null],
    ["date", "2024-02-29", "2024-02-29"],
    ["date", "2023-02-29", null],
    ["timestamp", "2024-01-31 12:30", "2024-01-31T12:30:00"],
    ["timestamp", "2024-01-31T12:30:00.5", "2024-01-31T12:30:00.500"],
    ["timestamp", "2024-01-31T12:30:00Z", null],
    ["timestamptz", "2024-01-31T12:30:00+02:00", "2024-01-31T10:30:00Z"],
    ["timestamptz", "2024-01-31", "2024-01-31T00:00:00Z"],
    ["timestamptz", "2024-01-31T12:30:00.123456789-0130", "2024-01-31T14:00:00.123456789Z"],
  ])("reads a %s %s as its canonical value", (type, text, value) => {
    const read = () => parseScenarioKey(`k=${text}`, [{ name: "k", type }]).k;
    if (value === null) expect(read).toThrow(ScenarioKeyError);
    else expect(read()).toBe(value);
  });
});
