import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/**
 * What each folder of the runner may import, from the bottom up: a folder names only folders above it in this list.
 * A new folder needs a line here and a place in ARCHITECTURE.md.
 */
const mayImport: ReadonlyMap<string, readonly string[]> = new Map([
  ["table", []],
  ["data", ["table"]],
  ["metrics", ["table"]],
  ["estimators", ["table"]],
  ["features", ["table", "data", "estimators"]],
  ["tuning", ["table", "metrics", "estimators"]],
  ["pipeline", ["table", "data", "metrics", "estimators", "features", "tuning"]],
  ["tracking", ["table", "data"]],
  ["engines", ["table", "data"]],
  ["executor", ["table", "data", "metrics", "estimators", "features", "tuning", "pipeline"]],
  ["project", ["table", "data", "metrics", "pipeline", "tracking", "engines", "executor"]],
  ["runs", ["table", "data", "pipeline", "tracking", "engines", "executor", "project"]],
  ["cli", ["table", "data", "pipeline", "tracking", "engines", "executor", "project", "runs"]],
]);

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** For a relative specifier, the file it names; both relative to the repository. */
  readonly target: string | null;
}

const statement = /^\s*(?:import|export)\b[^;"'`]*?\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

/** The imports of a module, type imports included; comments and template texts with examples are left out. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/`(?:\\[\s\S]|[^`\\])*`/g, "``");
  return [...text.matchAll(statement)].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? "";
    const target = specifier.startsWith(".") ? relative(root, resolve(root, dirname(file), specifier)) : null;
    return { file, specifier, target };
  });
}

function sources(folder: string): string[] {
  const isOurs = (file: string) => !file.split(sep).some((part) => part === "node_modules" || part === "dist");
  return globSync(`${folder}/**/*.ts`, { cwd: root }).filter(isOurs).sort();
}

const runnerImports = sources("runner").flatMap(importsOf);
const extensionImports = sources("extension").flatMap(importsOf);

/** The folder of the runner that a file lies in; null for files beside the folders, such as `index.ts`. */
function folderOf(file: string): string | null {
  const parts = file.split(sep);
  return parts[0] === "runner" && parts.length > 2 ? (parts[1] ?? null) : null;
}

const edges = runnerImports.flatMap(({ file, specifier, target }) => {
  const from = folderOf(file);
  const to = target === null ? null : folderOf(target);
  return from !== null && to !== null && from !== to ? [{ from, to, file, specifier }] : [];
});

describe("the runner's folders", () => {
  it("are all known to the architecture", () => {
    const folders = new Set(sources("runner").map(folderOf));
    folders.delete(null);
    expect([...folders].filter((folder) => !mayImport.has(folder as string))).toEqual([]);
  });

  it("are listed from the bottom up, so that no cycle is possible", () => {
    const order = [...mayImport.keys()];
    for (const [folder, below] of mayImport) {
      for (const name of below) expect(order.indexOf(name), `${folder} -> ${name}`).toBeLessThan(order.indexOf(folder));
    }
  });

  it("import only from the folders below them", () => {
    const wrong = edges.filter(({ from, to }) => !mayImport.get(from)?.includes(to));
    expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });

  it("never import what stands beside them: the library's index is for users", () => {
    const wrong = runnerImports.filter(
      ({ file, target }) =>
        folderOf(file) !== null && target !== null && folderOf(target) === null && !target.endsWith("package.json"),
    );
    expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });
});

describe("the border between editor and runner", () => {
  it("is never crossed by the runner: it imports no vscode", () => {
    expect(runnerImports.filter(({ specifier }) => specifier === "vscode")).toEqual([]);
  });

  it("is never crossed by the extension: it imports nothing but vscode, Node and its own files", () => {
    const isAllowed = ({ specifier, target }: Import) =>
      specifier === "vscode" || specifier.startsWith("node:") || target?.startsWith(`extension${sep}`) === true;
    expect(extensionImports.filter((entry) => !isAllowed(entry))).toEqual([]);
  });

  it("keeps tests out of the product", () => {
    const wrong = [...runnerImports, ...extensionImports].filter(({ target }) => target?.startsWith(`test${sep}`));
    expect(wrong).toEqual([]);
  });
});

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(join(root, file), "utf8"));
}

describe("the manifests", () => {
  const manifest = readManifest("package.json");
  const runner = readManifest("runner/package.json");

  it("agree on their version and on the packages both name", () => {
    expect(runner.version).toBe(manifest.version);
    for (const [name, range] of Object.entries(runner.dependencies ?? {})) {
      expect({ name, range: manifest.devDependencies?.[name] ?? range }).toEqual({ name, range });
    }
  });

  it("list every package that the runner imports", () => {
    const packageOf = (name: string) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/");
    const packages = runnerImports
      .filter(({ specifier, target }) => target === null && !specifier.startsWith("node:"))
      .map(({ specifier }) => packageOf(specifier));
    const known = new Set(Object.keys(runner.dependencies ?? {}));
    expect([...new Set(packages)].filter((name) => !known.has(name))).toEqual([]);
  });

  it("hold no address of a package registry", () => {
    const files = globSync("{*,.npmrc,.ci/*,.vscode/*,runner/*,test/setup/*}", { cwd: root }).filter((file) =>
      /(\.json|\.txt|\.toml|\.ya?ml|\.npmrc|\.ci[\\/]run)$/.test(file),
    );
    expect(files).toContain("package-lock.json");
    const address = /"resolved": "https?:|https?:\/\/[^"\s]*(registry|npmjs|pypi|pythonhosted|packages\.)/;
    expect(files.filter((file) => address.test(readFileSync(join(root, file), "utf8")))).toEqual([]);
  });
});
