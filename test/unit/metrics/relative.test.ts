import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { metricInfo } from "../../../runner/metrics/metric.ts";
import { relativeTo } from "../../../runner/metrics/relative.ts";

describe("relativeTo", () => {
  it("gives the share of the baseline's distance to perfection that is gained, in every direction", () => {
    const ours = { rmse: 3, r2: 0.5, accuracy: 0.9, bias: -1, log_loss: 2 };
    const baseline = { rmse: 4, r2: -1, accuracy: 0.6, bias: 2, log_loss: 1 };
    const relative = relativeTo(ours, baseline);
    expect(relative.rmse_vs_baseline).toBe(0.25);
    expect(relative.r2_vs_baseline).toBe(0.75);
    expect(relative.accuracy_vs_baseline).toBeCloseTo(0.75, 12);
    expect(relative.bias_vs_baseline).toBe(0.5);
    expect(relative.log_loss_vs_baseline).toBe(-1);
  });

  it("is 0 against itself and 1 for a perfect prediction, for every metric", () => {
    const value = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    for (const [name, { best }] of Object.entries(metricInfo)) {
      fc.assert(
        fc.property(value, (x) => {
          expect(relativeTo({ [name]: x }, { [name]: x })).toEqual({ [`${name}_vs_baseline`]: 0 });
          expect(relativeTo({ [name]: best }, { [name]: x })).toEqual({ [`${name}_vs_baseline`]: 1 });
        }),
      );
    }
  });

  it("is 0 when both are perfect and unknown when only the baseline is", () => {
    expect(relativeTo({ mae: 0 }, { mae: 0 })).toEqual({ mae_vs_baseline: 0 });
    expect(relativeTo({ mae: 1 }, { mae: 0 }).mae_vs_baseline).toBeNaN();
    expect(relativeTo({ mae: Number.NaN }, { mae: 1 }).mae_vs_baseline).toBeNaN();
  });

  it("leaves out what it does not know or what one side lacks", () => {
    expect(relativeTo({ stockOutCost: 3, mae: 1, toString: 2 }, { stockOutCost: 4, rmse: 1, toString: 1 })).toEqual({});
  });
});
