import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export type TypeCheckResult =
  | { readonly status: "passed" }
  | { readonly status: "failed"; readonly output: string }
  /** The project has no TypeScript. */
  | { readonly status: "unavailable" };

/** Runs the project's own TypeScript over it; without a `tsconfig.json` by the settings in `.scenario`. */
export async function typeCheck(projectDir: string, signal: AbortSignal): Promise<TypeCheckResult> {
  const compiler = findCompiler(projectDir);
  if (compiler === null) return { status: "unavailable" };
  const settings = existsSync(join(projectDir, "tsconfig.json")) ? "." : join(".scenario", "tsconfig.check.json");
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [compiler, "--noEmit", "-p", settings],
      { cwd: projectDir, signal },
      (error, stdout, stderr) => {
        resolve(
          error === null
            ? { status: "passed" }
            : { status: "failed", output: `${stdout}${stderr}`.trim() || error.message },
        );
      },
    );
  });
}

function findCompiler(projectDir: string): string | null {
  try {
    const manifest = createRequire(join(projectDir, "scenario.config.ts")).resolve("typescript/package.json");
    const compiler = join(dirname(manifest), "bin", "tsc");
    return existsSync(compiler) ? compiler : null;
  } catch {
    return null;
  }
}
