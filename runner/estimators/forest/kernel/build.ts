/**
 * Compiles the kernel's parts into tree-kernel.ts; run `node runner/estimators/forest/kernel/build.ts` after every change
 * of them (a test compares the hash). The compiler is fetched by npx when it is needed: it is too large for every checkout.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelSource, kernelSourceHash } from "./source.ts";

const COMPILER = "assemblyscript@0.28.20";

const folder = mkdtempSync(join(tmpdir(), "tree-kernel-"));
try {
  writeFileSync(join(folder, "kernel.ts"), kernelSource());
  const options = [
    ...["-O3", "--converge", "--runtime", "stub", "--noAssert"],
    ...["--importMemory", "--noExportMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
    ...["--enable", "simd", "--enable", "threads", "--enable", "bulk-memory"],
  ];
  execFileSync("npx", ["--yes", "--package", COMPILER, "asc", "kernel.ts", "--outFile", "kernel.wasm", ...options], {
    cwd: folder,
    stdio: "inherit",
  });
  const text = readFileSync(join(folder, "kernel.wasm")).toString("base64");
  const lines = text.match(/.{1,110}/g) ?? [];
  writeFileSync(
    join(import.meta.dirname, "tree-kernel.ts"),
    `// Generated from the .as files by build.ts; do not edit.

/** SHA-256 of the source. */
export const TREE_KERNEL_SOURCE = "${kernelSourceHash()}";

/** The WebAssembly module, in base64. */
export const TREE_KERNEL =
${lines.map((line) => `  "${line}"`).join(" +\n")};
`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
