import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/**
 * Writes `.scenario/tsconfig.json`, which a project's `tsconfig.json` extends: compiler settings that fit the bundler, and
 * where the types of `scenario-runner` are, so that a project completes and type-checks without an installed package.
 */
export async function writeEditorTypes(projectDir: string, runnerDir: string): Promise<void> {
  const path = join(projectDir, ".scenario", "tsconfig.json");
  const types = relative(dirname(path), join(runnerDir, "types", "index.d.ts")).replaceAll("\\", "/");
  const settings = {
    compilerOptions: {
      target: "es2023",
      module: "nodenext",
      moduleResolution: "nodenext",
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      paths: { "scenario-runner": [types.startsWith(".") ? types : `./${types}`] },
    },
  };
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  const present = await readFile(path, "utf8").catch(() => null);
  if (present === text) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
