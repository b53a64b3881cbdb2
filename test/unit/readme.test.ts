import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const manifest: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

describe("README.md", () => {
  it("has examples that the type checker accepts", () => {
    const examples = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
    expect(examples.length).toBeGreaterThan(0);
    // Inside of the repository, so that the examples find the types of Node.
    mkdirSync(join(root, "test/artifacts"), { recursive: true });
    const folder = mkdtempSync(join(root, "test/artifacts/readme-"));
    try {
      for (const [i, code] of examples.entries()) writeFileSync(join(folder, `example-${i}.ts`), code);
      writeFileSync(
        join(folder, "tsconfig.json"),
        JSON.stringify({ extends: "../../../tsconfig.json", include: ["*.ts"], exclude: [] }),
      );
      const compiler = join(root, "node_modules/typescript/bin/tsc");
      const { stdout, status } = spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" });
      expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("links only to files that are there", () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path);
    expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("and CONTRIBUTING.md name only scripts that exist, and CONTRIBUTING.md all of them", () => {
    const contributing = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
    const named = (text: string) => {
      const scripts = [...text.matchAll(/(?:^|`)npm (?:run )?([a-z][\w:]*)/gm)].map(([, name]) => name);
      return [...new Set(scripts)].filter((name) => name !== "install").sort();
    };
    const scripts = Object.keys(manifest.scripts).sort();
    expect(named(contributing)).toEqual(scripts);
    expect(named(readme).filter((name) => !scripts.includes(name))).toEqual([]);
  });
});
