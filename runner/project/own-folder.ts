import { mkdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { writeWhole } from "./write-whole.ts";

/**
 * Prepares `.scenario/`, the runner's own folder in a project: git ignores it, and `tsconfig.json` in it, which a project's
 * own extends, has compiler settings that fit the bundler and says where the types of `scenario-runner` are, so that a
 * project completes and type-checks without an installed package.
 */
export async function prepareOwnFolder(projectDir: string, runnerDir: string): Promise<void> {
  const folder = join(projectDir, ".scenario");
  const types = relative(folder, join(runnerDir, "types", "index.d.ts")).replaceAll("\\", "/");
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
  await mkdir(folder, { recursive: true });
  await writeUnlessSame(join(folder, ".gitignore"), "*\n");
  await writeUnlessSame(join(folder, "tsconfig.json"), `${JSON.stringify(settings, null, 2)}\n`);
  // For a project without a tsconfig.json of its own.
  const all = { extends: "./tsconfig.json", include: ["../*.ts"] };
  await writeUnlessSame(join(folder, "tsconfig.check.json"), `${JSON.stringify(all, null, 2)}\n`);
}

async function writeUnlessSame(path: string, text: string): Promise<void> {
  const present = await readFile(path, "utf8").catch(() => null);
  if (present !== text) await writeWhole(path, text);
}
