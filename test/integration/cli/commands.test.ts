import { existsSync, symlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines, scenario } from "./command-line.ts";
import { emptyFolder, orangeJuice, smallProject, type TestProject, writeCsv } from "./projects.ts";

const NODE_MODULES = join(import.meta.dirname, "..", "..", "..", "node_modules");
const COMMANDS = ["init", "check", "list", "data", "train", "predict", "runs", "snapshot", "sync"];

describe("help and usage", () => {
  it("lists every command, with examples", async () => {
    const { code, stdout } = await scenario(["--help"], { cwd: "/" });
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    expect(stdout).toContain("Examples:");
  });

  it.each(COMMANDS)("explains %s with its options, --project and examples", async (command) => {
    const { code, stdout } = await scenario([command, "--help"], { cwd: "/" });
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples?:\n {2}scenario /);
    if (command !== "init") expect(stdout).toContain("--project <dir>");
  });

  it.each([
    { args: [], says: "Usage: scenario" },
    { args: ["trian"], says: "unknown command 'trian'" },
    { args: ["train", "--al"], says: "unknown option '--al'" },
    { args: ["train", "--all", "--jobs", "none"], says: "whole number above 0" },
    { args: ["train", "--all", "extra"], says: "too many arguments" },
    { args: ["init"], says: "missing required argument 'dir'" },
    { args: ["sync"], says: "required option '--to <uri>'" },
  ])("refuses $args with exit code 2", async ({ args, says }) => {
    const { code, stdout, stderr } = await scenario(args, { cwd: "/" });
    expect(stderr).toContain(says);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("prints the version", async () => {
    expect((await scenario(["--version"], { cwd: "/" })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("says where it looked when there is no project", async () => {
    await using folder = await emptyFolder();
    const here = await scenario(["list"], { cwd: folder.dir });
    expect(here).toMatchObject({ code: 2, stdout: "" });
    expect(here.stderr).toContain(`no scenario.config.ts in ${folder.dir} or above`);
    const there = await scenario(["runs", "--project", "nowhere"], { cwd: folder.dir });
    expect(there.code).toBe(2);
    expect(there.stderr).toContain(folder.path("nowhere"));
  });
});

describe("init", () => {
  let folder: TestProject;
  beforeAll(async () => {
    folder = await emptyFolder();
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it("makes an example that checks and trains at once", async () => {
    const made = await scenario(["init", "my visitors"], { cwd: folder.dir });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain("scenario train --all");
    // The project's own TypeScript, as after `npm install typescript`.
    symlinkSync(NODE_MODULES, folder.path("my visitors", "node_modules"));
    const checked = await scenario(["check"], { cwd: folder.path("my visitors") });
    expect(checked.stdout).toContain("types are right");
    expect(checked.code).toBe(0);
    const trained = await scenario(["train", "--all"], { cwd: folder.path("my visitors") });
    expect(trained.stdout).toContain("6 succeeded, 0 failed");
    expect(trained.code).toBe(0);
  });

  it("makes a project on a file of one's own", async () => {
    await writeCsv(
      folder.path("sales.csv"),
      "select shop, week, shop * week as units from range(3) a(shop), range(30) b(week)",
    );
    const options = ["--data", "sales.csv", "--key", "shop", "--time", "week", "--target", "units", "--horizon", "2"];
    const made = await scenario(["init", "deep/own", ...options], { cwd: folder.dir });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(await readFile(folder.path("deep", "own", "data.ts"), "utf8")).toContain("override horizon = 2;");
    const listed = await scenario(["list", "--project", "deep/own", "--json"], { cwd: folder.dir });
    expect(jsonLines(listed.stdout)).toHaveLength(3);
  });

  it.each([
    { args: ["--data", "missing.csv", "--key", "a", "--target", "b"], says: "missing.csv" },
    { args: ["--data", "sales.csv"], says: "--data needs --key and --target" },
    { args: ["--key", "shop"], says: "go with --data" },
    { args: ["--data", "sales.csv", "--key", ",", "--target", "units"], says: "--key" },
  ])("refuses $args and writes nothing", async ({ args, says }) => {
    await writeCsv(folder.path("sales.csv"), "select 1 as shop, 2 as units");
    const { code, stderr } = await scenario(["init", "refused", ...args], { cwd: folder.dir });
    expect(stderr).toContain(says);
    expect(code).toBe(2);
    expect(existsSync(folder.path("refused"))).toBe(false);
  });

  it("overwrites nothing", async () => {
    await folder.write("taken/notes.txt", "mine");
    await folder.write("file", "mine");
    for (const name of ["taken", "file"]) {
      const { code, stderr } = await scenario(["init", name], { cwd: folder.dir });
      expect(stderr).toMatch(/^error: /);
      expect(stderr).toContain(folder.path(name));
      expect(code).toBe(2);
    }
    expect(existsSync(folder.path("taken", "data.ts"))).toBe(false);
  });
});

describe("the sample", () => {
  let sample: TestProject;
  beforeAll(async () => {
    sample = await orangeJuice();
  });
  afterAll(() => sample[Symbol.asyncDispose]());

  it("passes the check", async () => {
    const { code, stdout } = await scenario(["check"], { cwd: sample.dir });
    expect(stdout).toContain("28 columns in the training master, 27 columns to predict from");
    expect(code).toBe(0);
  });

  it("lists its 913 scenarios", async () => {
    const json = jsonLines((await scenario(["list", "--json"], { cwd: sample.dir })).stdout);
    expect(json).toHaveLength(913);
    expect(json[0]).toMatchObject({ scenario: { store: 2, brand: 1 }, id: "store=2/brand=1", rows: 110 });
    expect(json[0]).toMatchObject({ firstTime: 40, lastTime: 160 });
    const text = await scenario(["list", "--where", "store = 5", "--limit", "3"], { cwd: sample.dir });
    expect(text.stdout).toContain("11 scenarios; the first 3 are shown");
  });

  it("shows streams, columns and rows", async () => {
    const { code, stdout } = await scenario(["data", "--limit", "2"], { cwd: sample.dir });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sales +data\/sales\.parquet +106139 +store, brand, week/m);
    expect(stdout).toMatch(/^stores +data\/stores\.csv +83 /m);
    expect(stdout).toMatch(/^logmove +DOUBLE$/m);
    expect(stdout).toContain("106139 rows");
    const one = await scenario(["data", "--scenario", "store=2,brand=1", "--where", "week > 157", "--json"], {
      cwd: sample.dir,
    });
    expect(jsonLines(one.stdout).map((row) => Object(row).week)).toEqual([158, 159, 160]);
    const future = await scenario(["data", "--prediction", "--scenario", "store=2", "brand=1", "--json"], {
      cwd: sample.dir,
    });
    expect(jsonLines(future.stdout).map((row) => Object(row).week)).toEqual([161, 162, 163, 164]);
    expect(Object.keys(Object(jsonLines(future.stdout)[0]))).not.toContain("logmove");
  });

  it("is found from a folder inside it, by --project before the command and after it", async () => {
    const where = ["--where", "store = 2 and brand < 3", "--json"];
    const inside = await scenario(["list", ...where], { cwd: sample.path("data") });
    const before = await scenario(["--project", sample.dir, "list", ...where], { cwd: "/" });
    const after = await scenario(["list", ...where, "--project", sample.dir], { cwd: "/" });
    expect(jsonLines(inside.stdout)).toHaveLength(2);
    expect(before.stdout).toBe(inside.stdout);
    expect(after.stdout).toBe(inside.stdout);
  });
});

describe("check", () => {
  it("finds a type error with its place when the project has TypeScript", async () => {
    await using project = await smallProject();
    const without = await scenario(["check"], { cwd: project.dir });
    expect(without.stdout).toContain("types not checked");
    expect(without.code).toBe(0);
    symlinkSync(NODE_MODULES, project.path("node_modules"));
    const right = await scenario(["check"], { cwd: project.dir });
    expect(right.stdout).toContain("types are right");
    await project.edit("data.ts", `target = "visitors"`, "target = 5");
    const wrong = await scenario(["check"], { cwd: project.dir });
    expect(wrong.stdout + wrong.stderr).toMatch(/data\.ts\(6,12\): error TS2416/);
    expect(wrong.code).toBe(2);
  });

  it("finds what SQL gets wrong without training", async () => {
    await using project = await smallProject({ data: { training: "select * from row" } });
    const { code, stderr } = await scenario(["check"], { cwd: project.dir });
    expect(stderr).toContain(`reads "row", which is not a stream; the streams are rows`);
    expect(code).toBe(2);
    expect(existsSync(project.path("mlruns"))).toBe(false);
  });
});
