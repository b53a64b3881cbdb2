import { appendFile, readFile, truncate } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { eventually, type Running, scenario, startScenario, trainOutput } from "./command-line.ts";
import { childProcesses, isProcess } from "./processes.ts";
import {
  journalLines,
  journalPath,
  journalState,
  localRuns,
  orangeJuice,
  queryRows,
  runStatus,
  smallProject,
  type TestProject,
} from "./projects.ts";

/** Enough for a while, few enough for a test: 55 scenarios. */
const WHERE = "store < 14";
const ALL = ["train", "--all", "--where", WHERE, "--json"];

/** Starts training and waits until some scenarios are journalled, and others are not. */
async function startTraining(project: TestProject): Promise<Running> {
  const running = startScenario(ALL, { cwd: project.dir });
  await eventually("six journalled scenarios", async () => (await journalState(project)).size >= 6 || undefined);
  return running;
}

/** The whole batch, each scenario once, in the journal and as an MLflow run. */
async function expectWhole(project: TestProject): Promise<void> {
  const state = await journalState(project);
  expect([...state.values()]).toEqual(Array.from({ length: 55 }, () => "succeeded"));
  const runs = await localRuns(project.path("mlruns"));
  const children = runs.filter(({ tags }) => tags["mlflow.parentRunId"] !== undefined);
  expect(children.map(({ tags }) => tags["scenario.id"]).sort()).toEqual([...state.keys()].sort());
  const parents = runs.filter(({ tags }) => tags["mlflow.parentRunId"] === undefined);
  expect(parents.map(({ status }) => status)).toEqual([runStatus.finished]);
  expect(new Set(children.map(({ tags }) => tags["mlflow.parentRunId"]))).toEqual(new Set([parents[0].runId]));
  const [table] = await queryRows(
    `select count(*)::int as n, count(distinct scenario_id)::int as d from '${parents[0].folder}/artifacts/results.parquet'`,
  );
  expect(table).toEqual({ n: 55, d: 55 });
}

describe("after kill -9", () => {
  it("goes on with exactly what is missing, even behind half a line, and leaves no process behind", async () => {
    await using project = await orangeJuice();
    using running = await startTraining(project);
    const children = await childProcesses(running.pid);
    expect(children.length).toBeGreaterThan(0);
    running.signal("SIGKILL");
    expect((await running.finished).signal).toBe("SIGKILL");
    await eventually("the end of the executors", () => !children.some(isProcess) || undefined);

    // As if the last line had not been written to its end.
    const journal = await journalPath(project);
    const { length } = await readFile(journal);
    await truncate(journal, length - 20);
    const done = await journalState(project);
    expect(done.size).toBeLessThan(55);
    const resumed = await scenario([...ALL, "--resume"], { cwd: project.dir });
    expect(resumed.code).toBe(0);
    const { scenarios, summary } = trainOutput(resumed.stdout);
    expect(scenarios).toHaveLength(55 - done.size);
    expect(summary).toMatchObject({ succeeded: 55, failed: 0, isComplete: true });
    await expectWhole(project);
    const [parent] = (await localRuns(project.path("mlruns"))).filter(({ runId }) => runId === summary.parentRunId);
    const meta: unknown = JSON.parse(await readFile(`${parent.folder}/meta.yaml`, "utf8"));
    expect(Object(meta).start_time).toBe((await journalLines(project))[0].startTimeMs);

    const again = await scenario([...ALL, "--resume"], { cwd: project.dir });
    expect(trainOutput(again.stdout)).toMatchObject({ scenarios: [], summary: { succeeded: 55, isComplete: true } });
    expect(again.code).toBe(0);
    await expectWhole(project);
  });
});

describe("after Ctrl-C", () => {
  it("says what is done, ends the parent run as killed, and goes on later", async () => {
    await using project = await orangeJuice();
    using running = await startTraining(project);
    running.signalGroup("SIGINT");
    const { code, stdout, stderr } = await running.finished;
    expect(code).toBe(130);
    const done = await journalState(project);
    expect(done.size).toBeLessThan(55);
    expect(stderr).toContain(`stopped: ${done.size} scenarios are done and safe; \`scenario train --all --resume\``);
    // An interrupted scenario has not failed: it is to be done again.
    expect(new Set(done.values())).toEqual(new Set(["succeeded"]));
    const { scenarios, summary } = trainOutput(stdout);
    expect(scenarios).toHaveLength(done.size);
    expect(summary).toMatchObject({ succeeded: done.size, failed: 0, isComplete: false });
    const parent = (await localRuns(project.path("mlruns"))).find(({ runId }) => runId === summary.parentRunId);
    expect(parent?.status).toBe(runStatus.killed);
    const listed = await scenario(["runs"], { cwd: project.dir });
    expect(listed.stdout).toMatch(new RegExp(`^${summary.batch} +all +stopped +${done.size} +0 `, "m"));

    const other = await scenario(["train", "--all", "--resume", "--where", "store < 3"], { cwd: project.dir });
    expect(other).toMatchObject({ code: 2, stdout: "" });
    expect(other.stderr).toContain(`was started with --where "${WHERE}"`);
    const resumed = await scenario([...ALL, "--resume"], { cwd: project.dir });
    expect(trainOutput(resumed.stdout).scenarios).toHaveLength(55 - done.size);
    await expectWhole(project);
  });

  it("ends at once at the second Ctrl-C", async () => {
    await using project = await orangeJuice();
    using running = await startTraining(project);
    const children = await childProcesses(running.pid);
    running.signalGroup("SIGINT");
    running.signalGroup("SIGINT");
    expect((await running.finished).code).toBe(130);
    await eventually("the end of the executors", () => !children.some(isProcess) || undefined);
    expect(trainOutput((await scenario([...ALL, "--resume"], { cwd: project.dir })).stdout).summary.succeeded).toBe(55);
    await expectWhole(project);
  });

  it("stops while the project's code is loaded", async () => {
    await using project = await smallProject({
      pipeline: `import { Pipeline } from "scenario-runner";
export class ProjectPipeline extends Pipeline {}
console.log("loading");
for (;;);
`,
    });
    using running = startScenario(["list"], { cwd: project.dir });
    await eventually("the loop", () => running.stderr.includes("loading") || undefined);
    const children = await childProcesses(running.pid);
    running.signalGroup("SIGINT");
    const { code, stderr } = await running.finished;
    expect(stderr).not.toContain("error");
    expect(code).toBe(130);
    await eventually("the end of the executor", () => !children.some(isProcess) || undefined);
  });
});

describe("a batch that is being trained", () => {
  it("is left alone by a second process", async () => {
    await using project = await smallProject({
      pipeline: `import { existsSync } from "node:fs";
import { Pipeline, type ScenarioContext, type Table } from "scenario-runner";
export class ProjectPipeline extends Pipeline {
  override async prepareData(rows: Table, context: ScenarioContext) {
    while (!existsSync("go-on")) await new Promise((resolve) => setTimeout(resolve, 10));
    return super.prepareData(rows, context);
  }
}
`,
    });
    using running = startScenario(["train", "--all", "--json"], { cwd: project.dir });
    await eventually("the parent run", async () => (await localRuns(project.path("mlruns")).catch(() => [])).at(0));
    const second = await scenario(["train", "--all", "--resume", "--json"], { cwd: project.dir });
    expect(second.stderr).toMatch(/^error: another process is training this batch/);
    expect(second).toMatchObject({ code: 2, stdout: "" });
    await project.write("go-on", "");
    const { code, stdout } = await running.finished;
    expect(code).toBe(0);
    expect(trainOutput(stdout).summary).toMatchObject({ succeeded: 6, isComplete: true });
  });
});

describe("resuming a batch with failures", () => {
  const failing = (shops: string) => `import { Pipeline, type ScenarioContext, type Table } from "scenario-runner";
export class ProjectPipeline extends Pipeline {
  override prepareData(rows: Table, context: ScenarioContext) {
    if ([${shops}].includes(Number(context.scenario.key.shop))) throw new Error("closed");
    return super.prepareData(rows, context);
  }
}
`;

  it("retries failures only when the code has changed", async () => {
    await using project = await smallProject({ pipeline: failing("2, 5") });
    const train = ["train", "--all", "--json"];
    expect((await scenario(train, { cwd: project.dir })).code).toBe(1);
    const same = await scenario([...train, "--resume"], { cwd: project.dir });
    expect(same.code).toBe(1);
    expect(trainOutput(same.stdout)).toMatchObject({ scenarios: [], summary: { succeeded: 4, failed: 2 } });

    await project.write("pipeline.ts", failing("5"));
    const changed = await scenario([...train, "--resume"], { cwd: project.dir });
    expect(changed.code).toBe(1);
    const { scenarios, summary } = trainOutput(changed.stdout);
    expect(scenarios.map(({ scenario: key, status }) => [key.shop, status]).sort()).toEqual([
      [2, "succeeded"],
      [5, "failed"],
    ]);
    expect(summary).toMatchObject({ succeeded: 5, failed: 1, isComplete: true });
    const runs = await localRuns(project.path("mlruns"));
    expect(runs).toHaveLength(7);
    expect(runs.filter(({ status }) => status === runStatus.failed).map(({ tags }) => tags["key.shop"])).toEqual(["5"]);
  });

  it("passes over lines that are no entries", async () => {
    await using project = await smallProject();
    const train = ["train", "--all", "--json"];
    await scenario(train, { cwd: project.dir });
    await appendFile(await journalPath(project), `{"type":"scenario","id":"shop=9"}\n\0\0\0\nnull\n[]\n`);
    const resumed = await scenario([...train, "--resume"], { cwd: project.dir });
    expect(trainOutput(resumed.stdout).summary).toMatchObject({ succeeded: 6, failed: 0, isComplete: true });
  });
});
