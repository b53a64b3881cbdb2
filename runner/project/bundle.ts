import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { BuildFailure, Plugin } from "esbuild";
import * as z from "zod/mini";
import { CONFIG_FILE } from "./find-project.ts";
import { ProjectError } from "./project-error.ts";
import { writeWhole } from "./write-whole.ts";

/** The user's project with the runner's pipeline in one ES module: what runs in every executor. */
export interface Bundle {
  readonly path: string;
  /** Hash of the code: the version that runs record. */
  readonly hash: string;
}

/** What a bundle was made from. While every input is the same, so is the bundle, and esbuild is not even loaded. */
const indexSchema = z.object({
  hash: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  inputs: z.record(z.string(), z.string()),
});

/** The bundle's entry, which is no file; below `.scenario`, so that nobody takes it for the user's. */
const ENTRY_FILE = ".scenario/entry.ts";

/** Old bundles are kept for a while: a run that is going on may still start executors from them. */
const KEPT_BUNDLES = 10;

/**
 * Bundles the project, or finds the bundle that is there already.
 *
 * @param projectDir folder of `scenario.config.ts`. @param runnerDir folder of the runner's own `index.js` and `executor.js`.
 * @throws ProjectError `PROJECT_BUILD` with the place in the source.
 */
export async function bundleProject(projectDir: string, runnerDir: string): Promise<Bundle> {
  const folder = join(projectDir, ".scenario", "bundles");
  const cached = await cachedBundle(folder, projectDir);
  if (cached !== null) return cached;

  const { code, map, inputs } = await build(projectDir, runnerDir, folder);
  const hash = sha256(code);
  const bundle = { path: join(folder, `${hash}.mjs`), hash };
  await mkdir(folder, { recursive: true });
  await writeWhole(`${bundle.path}.map`, map);
  await writeWhole(bundle.path, `${code}\n//# sourceMappingURL=${hash}.mjs.map\n`);
  const digests = await Promise.all(inputs.map(async (input) => [input, await digest(resolve(projectDir, input))]));
  await writeWhole(join(folder, "index.json"), JSON.stringify({ hash, inputs: Object.fromEntries(digests) }));
  await removeOldBundles(folder);
  return bundle;
}

async function cachedBundle(folder: string, projectDir: string): Promise<Bundle | null> {
  try {
    const index = indexSchema.parse(JSON.parse(await readFile(join(folder, "index.json"), "utf8")));
    const path = join(folder, `${index.hash}.mjs`);
    await stat(path);
    const checks = await Promise.all(
      Object.entries(index.inputs).map(async ([input, known]) => (await digest(resolve(projectDir, input))) === known),
    );
    return checks.every(Boolean) ? { path, hash: index.hash } : null;
  } catch {
    // No index, a damaged one, or an input that is gone: build again.
    return null;
  }
}

async function build(projectDir: string, runnerDir: string, folder: string) {
  const esbuild = await import("esbuild");
  const result = await esbuild
    .build({
      absWorkingDir: projectDir,
      stdin: {
        resolveDir: projectDir,
        sourcefile: ENTRY_FILE,
        // The executor comes first, so that it can answer for errors while the config loads.
        contents: `import { hostProject } from "scenario-runner/executor";
import * as config from "./${CONFIG_FILE}";
await hostProject(config.default);`,
      },
      outfile: join(folder, "bundle.mjs"),
      write: false,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      sourcemap: "external",
      // Model files name classes.
      keepNames: true,
      metafile: true,
      logLevel: "silent",
      plugins: [runnerPackage(runnerDir)],
      banner: {
        js: "import { createRequire as __projectRequire } from 'node:module'; const require = __projectRequire(import.meta.url);",
      },
    })
    .catch((failure: unknown) => {
      throw buildError(failure, projectDir);
    });
  const text = (suffix: string) => result.outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? "";
  const inputs = Object.keys(result.metafile.inputs).filter((input) => !input.startsWith("<") && input !== ENTRY_FILE);
  return { code: text(".mjs"), map: text(".mjs.map"), inputs };
}

/** `scenario-runner` is always the runner that runs: a project needs no installed package to be trained. */
function runnerPackage(runnerDir: string): Plugin {
  return {
    name: "scenario-runner",
    setup(build) {
      build.onResolve({ filter: /^scenario-runner(\/executor)?$/ }, ({ path }) => ({
        path: join(runnerDir, path === "scenario-runner" ? "index.js" : "executor.js"),
        sideEffects: path !== "scenario-runner",
      }));
    },
  };
}

function isBuildFailure(failure: unknown): failure is BuildFailure {
  return failure instanceof Error && "errors" in failure && Array.isArray(failure.errors);
}

function buildError(failure: unknown, projectDir: string): unknown {
  if (!isBuildFailure(failure)) return failure;
  const texts = failure.errors.map(({ text, location }) => {
    if (location === null) return text;
    return `${join(projectDir, location.file)}:${location.line}:${location.column + 1}: ${text}`;
  });
  const location = failure.errors.find((error) => error.location !== null)?.location;
  return new ProjectError(
    "PROJECT_BUILD",
    texts.join("\n"),
    location == null
      ? null
      : { file: join(projectDir, location.file), line: location.line, column: location.column + 1 },
    { cause: failure },
  );
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

async function digest(path: string): Promise<string> {
  return sha256(await readFile(path));
}

async function removeOldBundles(folder: string): Promise<void> {
  const bundles = (await readdir(folder)).filter((name) => name.endsWith(".mjs"));
  const aged = await Promise.all(
    bundles.map(async (name) => ({ name, at: (await stat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0 })),
  );
  aged.sort((a, b) => b.at - a.at);
  for (const { name } of aged.slice(KEPT_BUNDLES)) {
    await rm(join(folder, name), { force: true });
    await rm(join(folder, `${name}.map`), { force: true });
  }
}
