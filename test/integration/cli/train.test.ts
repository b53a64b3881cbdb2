import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, jsonLines, type ScenarioLine, scenario, startScenario, trainOutput } from "./command-line.ts";
import { journalState, localRuns, orangeJuice, runStatus, smallProject, type TestProject } from "./projects.ts";

const FIELDS = ["scenario", "status", "metrics", "params", "stages", "runId", "error", "warnings"];
const STAGES = ["prepareData", "selectFeatures", "tuneHyperparams", "computeMetrics", "logRun"];

/** Metrics by scenario, which may finish in any order. */
function metricsOf(lines: readonly ScenarioLine[]): Map<string, ScenarioLine["metrics"]> {
  return new Map(lines.map(({ scenario: key, metrics }) => [JSON.stringify(key), metrics] as const).sort());
}

describe("scenarios by name", () => {
  let sample: TestProject;
  let untouched: TestProject;
  beforeAll(async () => {
    sample = await orangeJuice();
    untouched = await orangeJuice();
  });
  afterAll(async () => {
    await sample[Symbol.asyncDispose]();
    await untouched[Symbol.asyncDispose]();
  });
  const train = (...args: string[]) => scenario(["train", ...args], { cwd: sample.dir });

  it("reports one scenario with its stages and metrics, and where its run is", async () => {
    const { code, stdout, stderr } = await train("--scenario", "store=2,brand=1");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^store 2, brand 1: succeeded\n[\s\S]*\nprepareData +[\d.]+/);
    expect(stdout).toMatch(/^wape +\d\.\d+$/m);
    expect(stdout).toContain(`Runs: ${sample.path("mlruns")}`);
    expect(stdout).toContain("MLFLOW_ALLOW_FILE_STORE=true");
  });

  it("prints JSON with exactly the promised fields, in parts, whole or by id", async () => {
    const texts = ["store=2", "brand=1", "--scenario", "brand=3,store=5", "--scenario", "store=8/brand=11"];
    const { code, stdout } = await train("--json", "--scenario", ...texts);
    expect(code).toBe(0);
    const { scenarios, summary } = trainOutput(stdout);
    expect(scenarios.map(({ scenario: key }) => key)).toEqual(
      expect.arrayContaining([
        { store: 2, brand: 1 },
        { store: 5, brand: 3 },
        { store: 8, brand: 11 },
      ]),
    );
    for (const line of scenarios) {
      expect(Object.keys(line)).toEqual(FIELDS);
      expect(line.stages.map(({ name }) => name)).toEqual(STAGES);
      expect(line.stages.every((stage) => Object.keys(stage).join() === "name,ms" && stage.ms >= 0)).toBe(true);
      expect(line).toMatchObject({ status: "succeeded", error: null, runId: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect(line.metrics.wape).toBeGreaterThan(0);
      expect(line.params).toMatchObject({ task: "regression", horizon: 4 });
    }
    expect(summary).toMatchObject({ succeeded: 3, failed: 0, isComplete: true, parentRunId: null });
    expect(summary.metrics["wape/mean"]).toBeGreaterThan(0);
  });

  it("is a failed scenario with a clear error where no rows have the key", async () => {
    const { code, stdout } = await train("--json", "--scenario", "store=999,brand=1", "--scenario", "store=2,brand=1");
    expect(code).toBe(1);
    const { scenarios, summary } = trainOutput(stdout);
    const failed = scenarios.find(({ status }) => status === "failed");
    expect(failed?.scenario).toEqual({ store: 999, brand: 1 });
    expect(failed?.error).toMatchObject({ name: "ScenarioNotFoundError", stage: null });
    expect(failed?.error?.message).toContain("no rows of the master table have this key");
    expect(summary).toMatchObject({ succeeded: 1, failed: 1, isComplete: true });
  });

  it("counts a scenario that is named twice once, with rows and without", async () => {
    const twice = ["store=2,brand=1", "store=2,brand=1", "store=999,brand=1", "store=999,brand=1"];
    const { scenarios, summary } = trainOutput((await train("--json", "--scenario", ...twice)).stdout);
    expect(scenarios).toHaveLength(2);
    expect(summary).toMatchObject({ succeeded: 1, failed: 1, isComplete: true });
  });

  it.each([
    { args: [], says: "which scenarios? Give --scenario key=value, or --all" },
    { args: ["--all", "--scenario", "store=2,brand=1"], says: "either --all or --scenario" },
    { args: ["--scenario", "store=2,brand=1", "--resume"], says: "--resume and --where go with --all" },
    { args: ["--scenario", "store=2"], says: "does not say which brand" },
    { args: ["--scenario", "store=two,brand=1"], says: "store=two: the column holds whole numbers" },
    { args: ["--scenario", "shop=2,brand=1"], says: "store" },
    { args: ["--scenario", "store=2,brand=1,week=4"], says: "brand=1,week=4" },
    { args: ["--all", "--where", "store <"], says: "--where" },
    { args: ["--all", "--where", "shop = 2"], says: "shop" },
    { args: ["--all", "--where", "true; drop table x"], says: "--where" },
    { args: ["--all", "--where", "store = 999"], says: "--where" },
    { args: ["--all", "--snapshot", "0123"], says: `no snapshot "0123"` },
    { args: ["--all", "--resume"], says: "nothing to resume" },
  ])("refuses $args with exit code 2 before any training", async ({ args, says }) => {
    const { code, stdout, stderr } = await scenario(["train", ...args], { cwd: untouched.dir });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(says);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(await journalState(untouched)).toEqual(new Map());
    expect(await localRuns(untouched.path("mlruns")).catch(() => [])).toEqual([]);
  });
});

describe("many scenarios", () => {
  const WHERE = "store < 10 and brand < 5";
  let sample: TestProject;
  let first: Map<string, ScenarioLine["metrics"]>;
  beforeAll(async () => {
    sample = await orangeJuice();
    const { stdout } = await scenario(["train", "--all", "--where", WHERE, "--jobs", "1", "--json"], {
      cwd: sample.dir,
    });
    first = metricsOf(trainOutput(stdout).scenarios);
  });
  afterAll(() => sample[Symbol.asyncDispose]());

  it("trains what --where selects, with a parent run over the scenarios' runs", async () => {
    expect(first.size).toBe(16);
    const runs = await localRuns(sample.path("mlruns"));
    const [parent, ...others] = runs.filter(({ tags }) => tags["mlflow.parentRunId"] === undefined);
    expect(others).toEqual([]);
    const children = runs.filter(({ tags }) => tags["mlflow.parentRunId"] === parent.runId);
    expect(children.map(({ tags }) => tags["scenario.id"])).toHaveLength(16);
    expect(runs.every(({ status }) => status === runStatus.finished)).toBe(true);
    expect(await readdir(`${parent.folder}/artifacts`)).toEqual(["results.parquet"]);
  });

  it("gives the same metrics again, however many executors share the work", async () => {
    const again = await scenario(["train", "--all", "--where", WHERE, "--jobs", "2", "--json"], { cwd: sample.dir });
    expect(metricsOf(trainOutput(again.stdout).scenarios)).toEqual(first);
  });

  it("reports the batch as text: figures, best and worst, and where the runs are", async () => {
    const { code, stdout, stderr } = await scenario(["train", "--all", "--where", WHERE], { cwd: sample.dir });
    expect(code).toBe(0);
    expect(stdout).toContain("16 succeeded, 0 failed");
    expect(stdout).toMatch(/^wape +\d\.\d+ +\d\.\d+ +\d\.\d+ +\d\.\d+$/m);
    expect(stdout).toContain("Best and worst by mae_vs_baseline");
    expect(stdout).toContain(`experiment "orange-juice"`);
    expect(stderr).toMatch(/^16\/16 scenarios, 0 failed, [\d.]+\/s, 0\.0 s left$/m);
  });

  it("trains on a snapshot with the same result, whatever happens to the data afterwards", async () => {
    const taken = await scenario(["snapshot", "--json"], { cwd: sample.dir });
    const again = await scenario(["snapshot", "--json"], { cwd: sample.dir });
    const [snapshot] = jsonLines(taken.stdout) as { id: string; path: string; rows: number; sha256: string }[];
    expect(snapshot).toMatchObject({
      rows: 106139,
      path: sample.path(".scenario", "snapshots", snapshot.id, "master.parquet"),
    });
    expect(Object(jsonLines(again.stdout)[0]).id).toBe(snapshot.id);
    await sample.edit(
      "data.ts",
      "select * exclude (profit) from sales",
      "select * exclude (profit) replace (logmove + 1 as logmove) from sales",
    );
    const other = await scenario(["snapshot", "--json"], { cwd: sample.dir });
    expect(Object(jsonLines(other.stdout)[0]).id).not.toBe(snapshot.id);
    const listed = await scenario(["snapshot", "--list"], { cwd: sample.dir });
    expect(listed.stdout).toMatch(new RegExp(`^${snapshot.id} +training .* 106139$`, "m"));
    const args = ["train", "--all", "--where", WHERE, "--snapshot", snapshot.id.slice(0, 6), "--json"];
    const trained = trainOutput((await scenario(args, { cwd: sample.dir })).stdout);
    expect(metricsOf(trained.scenarios)).toEqual(first);
    const run = (await localRuns(sample.path("mlruns"))).find(({ runId }) => runId === trained.scenarios[0].runId);
    expect(run?.status).toBe(runStatus.finished);
  });

  it("lists the batches and their scenarios", async () => {
    const runs = jsonLines((await scenario(["runs", "--json"], { cwd: sample.dir })).stdout) as { batch: string }[];
    expect(runs.length).toBeGreaterThanOrEqual(2);
    expect(runs.at(-1)).toMatchObject({ kind: "all", where: WHERE, scenarios: 16, failed: 0, isComplete: true });
    const table = await scenario(["runs"], { cwd: sample.dir });
    expect(table.stdout).toMatch(new RegExp(`^${runs[0].batch} +all +complete +16 +0 `, "m"));
    const scenarios = await scenario(["runs", runs[0].batch.slice(0, 18), "--limit", "2"], { cwd: sample.dir });
    expect(scenarios.stdout).toContain("16 scenarios; the first 2 are shown");
    const last = await scenario(["runs", "last", "--json"], { cwd: sample.dir });
    expect(jsonLines(last.stdout)).toHaveLength(16);
    const none = await scenario(["runs", "2019"], { cwd: sample.dir });
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toContain("no run 2019");
  });
});

describe("results as they happen", () => {
  it("prints each scenario when it is done, not when others are", async () => {
    await using project = await smallProject({
      pipeline: `import { existsSync } from "node:fs";
import { Pipeline, type ScenarioContext, type Table } from "scenario-runner";
export class ProjectPipeline extends Pipeline {
  override async prepareData(rows: Table, context: ScenarioContext) {
    while (context.scenario.key.shop === 6 && !existsSync("go-on")) await new Promise((resolve) => setTimeout(resolve, 10));
    return super.prepareData(rows, context);
  }
}
`,
    });
    using running = startScenario(["train", "--all", "--jobs", "1", "--json"], { cwd: project.dir });
    await eventually("five lines", () => (running.stdout.split("\n").length === 6 ? true : undefined));
    await project.write("go-on", "");
    const { code, stdout } = await running.finished;
    expect(code).toBe(0);
    expect(trainOutput(stdout).scenarios).toHaveLength(6);
  });

  it("keeps what the user's code prints out of the JSON", async () => {
    await using project = await smallProject({
      pipeline: `import { Pipeline, type ScenarioContext, type Table } from "scenario-runner";
console.log("loading");
export class ProjectPipeline extends Pipeline {
  override prepareData(rows: Table, context: ScenarioContext) {
    console.log("rows:", rows.numRows);
    process.stdout.write("no newline, " + context.scenario.id + "\\n");
    return super.prepareData(rows, context);
  }
}
`,
    });
    const { code, stdout, stderr } = await scenario(["train", "--all", "--json"], { cwd: project.dir });
    expect(code).toBe(0);
    expect(trainOutput(stdout).scenarios).toHaveLength(6);
    expect(stderr).toContain("loading");
    expect(stderr.match(/rows: 40/g)).toHaveLength(6);
    expect(stderr).toContain("no newline, shop=4");
  });

  it("ends without a complaint when nobody reads the output any more", async () => {
    await using project = await orangeJuice();
    using running = startScenario(["train", "--all", "--json"], { cwd: project.dir });
    await eventually("the first line", () => running.stdout.includes("\n") || undefined);
    running.closeStdout();
    const { stderr } = await running.finished;
    expect(stderr).not.toMatch(/error|EPIPE/i);
    const done = (await journalState(project)).size;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(913);
    const parent = (await localRuns(project.path("mlruns"))).find(({ tags }) => !("mlflow.parentRunId" in tags));
    expect(parent?.status).toBe(runStatus.killed);

    using listing = startScenario(["list", "--json"], { cwd: project.dir });
    await eventually("the first line", () => listing.stdout.includes("\n") || undefined);
    listing.closeStdout();
    expect((await listing.finished).stderr).toBe("");
  });
});
