import { describe, expect, it } from "vitest";
import { type FilterSubject, parseScenarioFilter, ScenarioFilterError } from "../../../runner/runs/scenario-filter.ts";

const subject: FilterSubject = {
  id: "store=2/brand=Minute Maid",
  status: "failed",
  numRows: 40,
  key: (column) => ({ store: "2", brand: "Minute Maid" })[column] ?? null,
  metric: (name) => ({ wape: 0.4, mae_vs_baseline: -0.1, r2: Number.NaN })[name] ?? null,
};
const holds = (text: string) => parseScenarioFilter(text)(subject);

describe("a filter of scenarios", () => {
  it("takes everything when it is empty", () => {
    expect(holds("")).toBe(true);
    expect(holds("   ")).toBe(true);
  });

  it.each([
    ["failed", true],
    ["FAILED", true],
    ["succeeded", false],
    ["untrained", false],
    ["worse than baseline", true],
    ["better than  baseline", false],
    ["wape > 0.3", true],
    ["wape>0.4", false],
    ["wape >= 0.4", true],
    ["wape < 0.5 and wape > 0.3", true],
    ["rows < 50", true],
    ["rows=40", true],
    ["store = 2", true],
    ["store=3", false],
    ["store != 3", true],
    ["store < 10", true],
    ['brand = "Minute Maid"', true],
    ["minute", true],
    ["brand=Minute", false],
    ["failed store=2 wape > 0.3", true],
    ["failed and store=2 and wape > 9", false],
    ["r2 > 0", false],
    ["r2 != 0", false],
  ])("says of %j: %s", (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it("names what it does not understand, and shows what can be written", () => {
    expect(() => holds("foo > 3")).toThrow(ScenarioFilterError);
    expect(() => holds("foo > 3")).toThrow(/"foo" is no key column and no metric .* write e\.g\./);
    expect(() => holds("wape > much")).toThrow(/much is no number/);
    expect(() => holds("> 3")).toThrow(/nothing to compare with/);
  });
});
