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

const builds: BuildOptions[] = [runner, extension];

if (process.argv.includes("--watch")) {
  for (const options of builds) await (await context(options)).watch();
} else {
  // esbuild has printed its errors when this rejects.
  await Promise.all(builds.map((options) => build(options))).catch(() => process.exit(1));
}
