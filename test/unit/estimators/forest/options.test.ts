import { describe, expect, it } from "vitest";
import { RandomForestClassifier, RandomForestRegressor } from "../../../../runner/estimators/forest/index.ts";
import { resolveMaxFeatures } from "../../../../runner/estimators/forest/options.ts";
import { InvalidOptionError } from "../../../../runner/estimators/option.ts";

describe("options of forests", () => {
  it("have scikit-learn's defaults, but a third of the features for regression", () => {
    const shared = {
      nEstimators: 100,
      maxDepth: null,
      minSamplesLeaf: 1,
      minSamplesSplit: 2,
      bootstrap: true,
      maxBins: 255,
      randomState: 0,
    };
    expect(new RandomForestRegressor().getParams()).toEqual({ ...shared, maxFeatures: "third" });
    expect(new RandomForestClassifier({}).getParams()).toEqual({ ...shared, maxFeatures: "sqrt" });
  });

  it.each([
    [{ nEstimators: 0 }, "nEstimators must be a whole number of at least 1, not 0"],
    [{ nEstimators: 1.5 }, "nEstimators"],
    [{ maxDepth: 0 }, "maxDepth"],
    [{ minSamplesLeaf: 0 }, "minSamplesLeaf"],
    [{ minSamplesSplit: 1 }, "minSamplesSplit must be a whole number of at least 2"],
    [{ maxFeatures: 0 }, 'maxFeatures must be a count of at least 1, a fraction between 0 and 1, "sqrt"'],
    [{ maxFeatures: 1.5 }, "maxFeatures"],
    [{ maxFeatures: Number.NaN }, "maxFeatures"],
    [{ maxBins: 256 }, "maxBins must be a whole number from 2 to 255, not 256"],
    [{ maxBins: 1 }, "maxBins"],
    [{ randomState: -1 }, "randomState"],
    [{ randomState: 2 ** 32 }, "randomState"],
  ])("%o is refused, by name", (options, message) => {
    expect(() => new RandomForestRegressor(options)).toThrow(InvalidOptionError);
    expect(() => new RandomForestClassifier(options)).toThrow(message);
  });

  it("count the features of a split as scikit-learn does, never none and never too many", () => {
    const counts = [null, 5, 0.5, "sqrt", "log2", "third"] as const;
    expect(counts.map((maxFeatures) => resolveMaxFeatures(maxFeatures, 22))).toEqual([22, 5, 11, 4, 4, 7]);
    expect(counts.map((maxFeatures) => resolveMaxFeatures(maxFeatures, 1))).toEqual([1, 1, 1, 1, 1, 1]);
    expect(resolveMaxFeatures(0.01, 22)).toBe(1);
  });
});
