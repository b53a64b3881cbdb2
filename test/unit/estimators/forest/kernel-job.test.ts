import { describe, expect, it } from "vitest";
import { kernelThreads } from "../../../../runner/estimators/forest/kernel-job.ts";
import type { TrainingSet } from "../../../../runner/estimators/forest/training-set.ts";

/** Only its sizes count here. */
function setOf(numRows: number, numFeatures: number, numClasses = 0): TrainingSet {
  const stride = Math.max(16, Math.ceil(numFeatures / 16) * 16);
  const rows = { bins: new Uint8Array(0), numRows, stride, hasMissing: false };
  const numBins = new Int32Array(numFeatures);
  return { rows, numFeatures, numBins, target: new Float64Array(0), weight: null, numClasses };
}

describe("the kernel's threads", () => {
  it("are as many as wanted when there is memory", () => {
    expect(kernelThreads(setOf(100, 22), 1)).toBe(1);
    expect(kernelThreads(setOf(1_000_000, 30), 8)).toBe(8);
  });

  it("are fewer, or none, when 4 GiB are not enough", () => {
    const some = kernelThreads(setOf(8_000_000, 30), 8);
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(8);
    expect(kernelThreads(setOf(40_000_000, 100), 2)).toBe(0);
    expect(kernelThreads(setOf(1_000_000, 10, 1000), 1)).toBe(0);
  });
});
