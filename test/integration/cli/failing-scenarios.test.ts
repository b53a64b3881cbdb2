import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Finished, scenario, trainOutput } from "./command-line.ts";
import { FIXTURES, journalState, localRuns, runStatus, smallProject, type TestProject } from "./projects.ts";

describe("scenarios that fail in every way", () => {
  let project: TestProject;
  let finished: Finished;
  beforeAll(async () => {
    project = await smallProject({
      pipeline: await readFile(join(FIXTURES, "failing-pipeline.ts"), "utf8"),
      rows: `select shop, day, day + shop as visitors from range(1, 10) shops(shop), range(40) days(day)`,
      settings: "limits: { timeoutSeconds: 8, memoryMiB: 400 }",
    });
    finished = await scenario(["train", "--all", "--json"], { cwd: project.dir });
  });
  afterAll(() => project[Symbol.asyncDispose]());

  const errorOf = (shop: number) => {
    const line = trainOutput(finished.stdout).scenarios.find(({ scenario: key }) => key.shop === shop);
    expect(line?.status).toBe("failed");
    return line?.error;
  };
  const lineOf = async (text: string) =>
    (await readFile(project.path("pipeline.ts"), "utf8")).split("\n").findIndex((line) => line.includes(text)) + 1;

  it("lets the others succeed, journals all and exits with 1", async () => {
    const { scenarios, summary } = trainOutput(finished.stdout);
    expect(finished.code).toBe(1);
    expect(scenarios.filter(({ status }) => status === "succeeded").map(({ scenario: key }) => key.shop)).toEqual(
      expect.arrayContaining([1, 9]),
    );
    expect(summary).toMatchObject({ succeeded: 2, failed: 7, isComplete: true });
    expect((await journalState(project)).size).toBe(9);
  });

  it("names the stage and the line of the user's TypeScript that threw", async () => {
    const file = project.path("pipeline.ts");
    expect(errorOf(2)).toMatchObject({
      name: "RangeError",
      message: "no price for shop 2",
      stage: "prepareData",
      location: { file, line: await lineOf("throw new RangeError") },
    });
    expect(errorOf(3)).toMatchObject({
      name: "TypeError",
      stage: "computeMetrics",
      location: { file, line: await lineOf("undefinedKpi!") },
    });
    expect(errorOf(8)).toMatchObject({ message: "later", location: { file, line: await lineOf(`Error("later")`) } });
  });

  it("ends an endless loop at the time limit", () => {
    expect(errorOf(4)).toMatchObject({
      name: "TimeLimitError",
      message: expect.stringContaining("limits.timeoutSeconds"),
    });
  });

  it("ends what takes more memory than it may, on the heap or beside it", () => {
    for (const shop of [5, 6]) {
      expect(errorOf(shop)).toMatchObject({ name: "MemoryLimitError", message: expect.stringContaining("400 MiB") });
    }
  });

  it("survives code that ends its process", () => {
    expect(errorOf(7)).toMatchObject({ name: "ProcessExitError", message: expect.stringContaining("with code 3") });
  });

  it("logs each failure as a FAILED run with its error", async () => {
    const runs = await localRuns(project.path("mlruns"));
    const failed = runs.filter(({ status }) => status === runStatus.failed);
    expect(failed.map(({ tags }) => tags["key.shop"]).sort()).toEqual(["2", "3", "4", "5", "6", "7", "8"]);
    const thrown = failed.find(({ tags }) => tags["key.shop"] === "2");
    expect(thrown?.tags).toMatchObject({
      "scenario.error": "RangeError: no price for shop 2",
      "scenario.error.stage": "prepareData",
    });
    const error: unknown = JSON.parse(await readFile(`${thrown?.folder}/artifacts/error.json`, "utf8"));
    expect(error).toMatchObject({ name: "RangeError", location: { file: project.path("pipeline.ts") } });
  });

  it("shows the causes as text", async () => {
    const listed = await scenario(["runs", "last", "--failed"], { cwd: project.dir });
    expect(listed.stdout).toMatch(/^shop 2 +failed +RangeError: no price for shop 2 +[0-9a-f]{32}$/m);
    const one = await scenario(["train", "--scenario", "shop=2"], { cwd: project.dir });
    expect(one.code).toBe(1);
    expect(one.stdout).toContain("shop 2: failed\n  RangeError in prepareData: no price for shop 2\n");
    expect(one.stdout).toContain(`at ${project.path("pipeline.ts")}:${await lineOf("throw new RangeError")}:`);
    const some = await scenario(["train", "--scenario", "shop=2", "--scenario", "shop=3"], { cwd: project.dir });
    expect(some.stdout).toContain("Failures by cause");
    expect(some.stdout).toMatch(/1 x TypeError in computeMetrics at .*pipeline\.ts:\d+\n {6}e\.g\. shop 3: /);
  });
});
