import { describe, expect, it } from "vitest";
import { kernelModule } from "../../../../runner/estimators/forest/kernel/module.ts";
import { kernelSourceHash } from "../../../../runner/estimators/forest/kernel/source.ts";
import { TREE_KERNEL_SOURCE } from "../../../../runner/estimators/forest/kernel/tree-kernel.ts";

describe("the compiled kernel", () => {
  it("is the one of the source: run kernel/build.ts after a change", () => {
    expect(kernelSourceHash()).toBe(TREE_KERNEL_SOURCE);
  });

  it("compiles on this Node", () => {
    expect(kernelModule()).not.toBeNull();
  });
});
