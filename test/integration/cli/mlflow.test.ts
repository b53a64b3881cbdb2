import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MlflowServer, runPython } from "../../setup/mlflow-server.ts";
import { type ScenarioLine, type SummaryLine, scenario, trainOutput } from "./command-line.ts";
import { FIXTURES, smallProject, type TestProject } from "./projects.ts";

interface Run {
  readonly run_id: string;
  readonly status: string;
  readonly start_time: number;
  readonly end_time: number;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: readonly { readonly name: string; readonly digest: string; readonly context: readonly string[] }[];
  readonly artifacts: readonly string[];
  readonly model: readonly string[];
}

interface Experiment {
  readonly parents: readonly Run[];
  readonly children: readonly Run[];
  readonly flavors: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

async function readByMlflow(trackingUri: string): Promise<Experiment> {
  return (await runPython(join(FIXTURES, "read_mlruns.py"), trackingUri, "shops")) as Experiment;
}

const pipeline = `import { Pipeline, type ScenarioContext, type Table } from "scenario-runner";
export class ProjectPipeline extends Pipeline {
  override prepareData(rows: Table, context: ScenarioContext) {
    if (context.scenario.key.shop === 4) throw new Error("closed");
    return super.prepareData(rows, context);
  }
  override searchSpace() { return { nEstimators: [5] }; }
  override kpis(actual: Float64Array) { return { days: actual.length }; }
}
`;

describe("what MLflow's own client finds", () => {
  let project: TestProject;
  let scenarios: ScenarioLine[];
  let summary: SummaryLine;
  let found: Experiment;
  beforeAll(async () => {
    project = await smallProject({ pipeline });
    const { stdout } = await scenario(["train", "--all", "--json"], { cwd: project.dir });
    ({ scenarios, summary } = trainOutput(stdout));
    found = await readByMlflow(project.path("mlruns"));
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it("is one parent run with the aggregates and the results", () => {
    expect(found.parents).toHaveLength(1);
    const [parent] = found.parents;
    expect(parent).toMatchObject({ run_id: summary.parentRunId, status: "FINISHED" });
    expect(parent.metrics).toMatchObject({ succeeded: 5, failed: 1 });
    expect(parent.metrics).toMatchObject(summary.metrics);
    expect(parent.artifacts).toEqual(["results.parquet"]);
    expect(parent.start_time).toBeLessThanOrEqual(Math.min(...found.children.map((run) => run.start_time)));
    expect(parent.end_time).toBeGreaterThanOrEqual(Math.max(...found.children.map((run) => run.end_time)));
  });

  it("is one child run for each scenario, with the metrics and parameters that were printed", () => {
    const byId = new Map(found.children.map((run) => [run.run_id, run]));
    expect(byId.size).toBe(6);
    for (const line of scenarios) {
      const run = byId.get(line.runId ?? "");
      expect(run?.status).toBe(line.status === "succeeded" ? "FINISHED" : "FAILED");
      expect(run?.tags["mlflow.parentRunId"]).toBe(summary.parentRunId);
      expect(run?.tags).toMatchObject({
        "key.shop": String(line.scenario.shop),
        "mlflow.runName": `shop=${line.scenario.shop}`,
      });
      for (const { name, ms } of line.stages) expect(run?.metrics[`ms_${name}`]).toBeCloseTo(ms, 9);
      if (line.status === "failed") {
        expect(run?.tags["scenario.error"]).toBe("Error: closed");
        expect(run?.artifacts).toEqual(["error.json"]);
        continue;
      }
      const finite = Object.entries(line.metrics).filter(([, value]) => value !== null);
      expect(run?.metrics).toMatchObject(Object.fromEntries(finite));
      // What is not set is no parameter of the run.
      const set = Object.entries(line.params).filter(([, value]) => value !== null);
      expect(run?.params).toEqual(Object.fromEntries(set.map(([name, value]) => [name, String(value)])));
      expect(run?.artifacts).toEqual(expect.arrayContaining(["features.json", "model"]));
      expect(run?.artifacts.some((path) => path.startsWith("forecast."))).toBe(true);
      expect(run?.model).toEqual(["model/MLmodel", "model/model.bin"]);
      expect(run?.inputs).toMatchObject([{ name: "shops", context: ["training"] }]);
    }
    expect(new Set(found.children.flatMap(({ inputs }) => inputs.map(({ digest }) => digest))).size).toBe(5);
    expect(found.flavors).toMatchObject({ scenario_runner: { data: "model.bin" } });
  });

  it("is the same on a server after `scenario sync`, once each", async () => {
    await using server = await MlflowServer.start();
    for (const says of ["7 runs sent, 0 still to send, 0 refused\n", "0 runs sent, 0 still to send, 0 refused\n"]) {
      const { code, stdout } = await scenario(["sync", "--to", server.uri, "--project", project.dir], { cwd: "/" });
      expect(stdout).toBe(says);
      expect(code).toBe(0);
    }
    const sent = await readByMlflow(server.uri);
    expect([sent.parents.length, sent.children.length]).toEqual([1, 6]);
    const comparable = ({ tags, params, status, artifacts }: Run) => ({
      name: tags["mlflow.runName"],
      params,
      status,
      artifacts,
    });
    const sorted = (runs: readonly Run[]) => runs.map(comparable).sort((a, b) => a.name.localeCompare(b.name));
    expect(sorted(sent.children)).toEqual(sorted(found.children));
    expect(new Set(sent.children.map(({ tags }) => tags["mlflow.parentRunId"]))).toEqual(
      new Set([sent.parents[0].run_id]),
    );
  });

  it("is told where runs can't be sent", async () => {
    for (const [to, says] of [
      ["./elsewhere", "is a folder; runs are sent to a server"],
      ["sqlite:///x.db", "Runs can't be sent to"],
    ]) {
      const { code, stderr } = await scenario(["sync", "--to", to], { cwd: project.dir });
      expect(stderr).toMatch(/^error: /);
      expect(stderr).toContain(says);
      expect(code).toBe(2);
    }
    const missing = await scenario(["sync", "--from", "nowhere", "--to", "http://127.0.0.1:9"], { cwd: project.dir });
    expect(missing.stderr).toContain("--from nowhere: there is no such folder");
    expect(missing.code).toBe(2);
  });
});
