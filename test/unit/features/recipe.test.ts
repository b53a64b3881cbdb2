import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  calendarParts,
  type FeatureDefinition,
  type FeatureRecipe,
  featureRecipeSchema,
  memoryOf,
  rollingStatistics,
} from "../../../runner/features/recipe.ts";

const name = fc.string({ minLength: 1 });
const count = fc.integer({ min: 1, max: 1000 });
const anyFeature: fc.Arbitrary<FeatureDefinition> = fc.oneof(
  fc.record({ kind: fc.constant("column" as const), name, column: fc.string() }),
  fc.record({ kind: fc.constant("lag" as const), name, lag: count }),
  fc.record({
    kind: fc.constant("rolling" as const),
    name,
    window: count,
    statistic: fc.constantFrom(...rollingStatistics),
  }),
  fc.record({
    kind: fc.constant("calendar" as const),
    name,
    part: fc.constantFrom(...calendarParts),
    wave: fc.constantFrom("sin" as const, "cos" as const),
  }),
);
const anyRecipe: fc.Arbitrary<FeatureRecipe> = fc.record({
  time: fc.option(fc.string()),
  target: fc.string(),
  horizon: count,
  step: fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
  features: fc.array(anyFeature),
});

describe("a feature recipe", () => {
  it("is the same after JSON and the schema", () => {
    fc.assert(
      fc.property(anyRecipe, (recipe) => {
        expect(featureRecipeSchema.parse(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
      }),
    );
  });

  it.each([
    ["a horizon of 0", { horizon: 0 }],
    ["a step of 0", { step: 0 }],
    ["a feature of an unknown kind", { features: [{ kind: "fourier", name: "x" }] }],
    ["a lag of 0", { features: [{ kind: "lag", name: "x", lag: 0 }] }],
    ["an unknown statistic", { features: [{ kind: "rolling", name: "x", window: 2, statistic: "mode" }] }],
    ["a feature without a name", { features: [{ kind: "column", name: "", column: "a" }] }],
  ])("is refused with %s", (_, change) => {
    const recipe = { time: "t", target: "y", horizon: 1, step: 1, features: [], ...change };
    expect(featureRecipeSchema.safeParse(recipe).success).toBe(false);
  });

  it("remembers as many targets as its longest lag or window", () => {
    const recipe = (features: readonly FeatureDefinition[]) => ({
      time: "t",
      target: "y",
      horizon: 1,
      step: 1,
      features,
    });
    const lag = { kind: "lag", name: "l", lag: 52 } as const;
    const rolling = { kind: "rolling", name: "r", window: 8, statistic: "mean" } as const;
    expect(memoryOf(recipe([]))).toBe(0);
    expect(memoryOf(recipe([rolling]))).toBe(8);
    expect(memoryOf(recipe([rolling, lag]))).toBe(52);
  });
});
