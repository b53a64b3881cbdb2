import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const PARTS = ["memory", "random", "tree", "split", "classes", "sorting", "small-nodes", "large-nodes"];

/** The kernel's source: its parts, one after the other. */
export function kernelSource(): string {
  return PARTS.map((part) =>
    readFileSync(join(import.meta.dirname, `${part}.as`), "utf8").replaceAll("\r\n", "\n"),
  ).join("\n");
}

/** SHA-256 of the source, which the compiled kernel carries. */
export function kernelSourceHash(): string {
  return createHash("sha256").update(kernelSource()).digest("hex");
}
