import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findProject } from "../../../runner/project/find-project.ts";
import { ProjectError } from "../../../runner/project/project-error.ts";
import { exampleOptions, writeTemplate } from "../../../runner/project/template.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "project-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("the project", () => {
  it("is the nearest folder upwards, or the one that is given", async () => {
    await mkdir(join(dir, "a", "b", "c"), { recursive: true });
    for (const folder of ["", "a/b"]) await writeFile(join(dir, folder, "scenario.config.ts"), "");
    expect(findProject(undefined, join(dir, "a", "b", "c"))).toBe(join(dir, "a", "b"));
    expect(findProject(undefined, join(dir, "a"))).toBe(dir);
    expect(findProject("a/b", dir)).toBe(join(dir, "a", "b"));
    expect(() => findProject("a", dir)).toThrow(ProjectError);
  });
});

describe("a new project", () => {
  it("is written as a whole", async () => {
    const files = await writeTemplate(join(dir, "My Shop"), exampleOptions);
    for (const file of files) expect(existsSync(join(dir, "My Shop", file))).toBe(true);
    const manifest: unknown = JSON.parse(await readFile(join(dir, "My Shop", "package.json"), "utf8"));
    expect(manifest).toMatchObject({ name: "my-shop", private: true, type: "module" });
    const lines = (await readFile(join(dir, "My Shop", "data", "visitors.csv"), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(1 + 6 * 180);
  });

  it("takes names of any kind as text", async () => {
    const options = { data: `it's "data".csv`, scenarioKey: [`a"b`], time: "t`t", target: "x\\y", horizon: 2 };
    await writeTemplate(join(dir, "odd"), options);
    const text = await readFile(join(dir, "odd", "data.ts"), "utf8");
    for (const name of [options.data, options.scenarioKey[0], options.time, options.target]) {
      expect(text).toContain(JSON.stringify(name));
    }
  });

  it("may be where only git is, and nowhere else", async () => {
    await mkdir(join(dir, "repo", ".git"), { recursive: true });
    await writeTemplate(join(dir, "repo"), exampleOptions);
    await expect(writeTemplate(join(dir, "repo"), exampleOptions)).rejects.toMatchObject({ code: "PROJECT_EXISTS" });
    await writeFile(join(dir, "file"), "");
    await expect(writeTemplate(join(dir, "file"), exampleOptions)).rejects.toMatchObject({ code: "PROJECT_EXISTS" });
  });
});
