/**
 * Compiles tree-kernel.as into tree-kernel.ts; run `node runner/estimators/forest/kernel/build.ts` after every change of
 * it (a test compares the hash). The compiler is fetched by npx when it is needed: it is too large for every checkout.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const COMPILER = "assemblyscript@0.28.20";

const source = fileURLToPath(new URL("tree-kernel.as", import.meta.url));
const target = fileURLToPath(new URL("tree-kernel.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tree-kernel-"));
try {
  copyFileSync(source, join(folder, "kernel.ts"));
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
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex");
  const lines = text.match(/.{1,110}/g) ?? [];
  writeFileSync(
    target,
    `// Generated from tree-kernel.as by build.ts; do not edit.

/** SHA-256 of the source. */
export const TREE_KERNEL_SOURCE = "${hash}";

/** The WebAssembly module, in base64. */
export const TREE_KERNEL =
${lines.map((line) => `  "${line}"`).join(" +\n")};
`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
