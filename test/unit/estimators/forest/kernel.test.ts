import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kernelModule } from "../../../../runner/estimators/forest/kernel/module.ts";
import { TREE_KERNEL_SOURCE } from "../../../../runner/estimators/forest/kernel/tree-kernel.ts";

describe("the compiled kernel", () => {
  it("is the one of the source: run kernel/build.ts after a change", () => {
    const source = join(import.meta.dirname, "../../../../runner/estimators/forest/kernel/tree-kernel.as");
    expect(createHash("sha256").update(readFileSync(source)).digest("hex")).toBe(TREE_KERNEL_SOURCE);
  });

  it("compiles on this Node", () => {
    expect(kernelModule()).not.toBeNull();
  });
});
