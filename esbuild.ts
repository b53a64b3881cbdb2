import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type BuildOptions, build, context } from "esbuild";

const shared: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node20",
  sourcemap: true,
  legalComments: "none",
  // Model files and errors name classes.
  keepNames: true,
  logLevel: "warning",
};

/**
 * The runner: `index` is the library that projects import, `executor` the program that hosts a project's bundle,
 * `scenario` the command line. They share chunks, so that a class is the same class in all of them.
 */
const runner: BuildOptions = {
  ...shared,
  format: "esm",
  splitting: true,
  outdir: "runner/dist",
  entryPoints: {
    index: "runner/index.ts",
    executor: "runner/executor/main.ts",
    scenario: "runner/cli/main.ts",
  },
  // Native packages stay packages.
  external: ["@duckdb/node-api", "@duckdb/node-bindings", "esbuild"],
  banner: {
    // Dependencies in CommonJS need `require` inside an ES module. The bundle of a project has a banner of its own, so
    // the names must differ from those in `runner/project/bundle.ts`.
    js: "import { createRequire as __runnerRequire } from 'node:module'; const require = __runnerRequire(import.meta.url);",
  },
};

/** The extension: CommonJS, as VS Code loads it. */
const extension: BuildOptions = {
  ...shared,
  format: "cjs",
  outfile: "extension/dist/extension.cjs",
  entryPoints: ["extension/extension.ts"],
  external: ["vscode"],
};

/**
 * Builds in memory, puts each file in place as a whole, and removes those of earlier builds; the names of chunks change
 * with what is in them. A command that is running may still load a chunk of the build it came from, so what was written
 * in the last hour stays.
 */
async function buildRunner(): Promise<void> {
  const { outputFiles } = await build({ ...runner, write: false });
  // Chunks before those that import them.
  const inOrder = outputFiles.toSorted((a, b) => Number(isChunk(b.path)) - Number(isChunk(a.path)));
  for (const { path, contents } of inOrder) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.${process.pid}.part`, contents);
    await rename(`${path}.${process.pid}.part`, path);
  }
  const current = new Set(outputFiles.map(({ path }) => basename(path)));
  const dist = dirname(outputFiles[0].path);
  for (const name of await readdir(dist)) {
    if (current.has(name) || !/\.(js|js\.map|part)$/.test(name)) continue;
    const { mtimeMs } = await stat(join(dist, name));
    if (Date.now() - mtimeMs > 3_600_000) await rm(join(dist, name));
  }
}

function isChunk(path: string): boolean {
  return basename(path).startsWith("chunk-");
}

if (process.argv.includes("--watch")) {
  for (const options of [runner, extension]) await (await context(options)).watch();
} else {
  // esbuild has printed its errors when this rejects.
  await Promise.all([buildRunner(), build(extension)]).catch((error: unknown) => {
    if (!(error instanceof Error && "errors" in error)) console.error(error);
    process.exit(1);
  });
}
