import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Finished, jsonLines, type ScenarioLine, scenario, trainOutput } from "./command-line.ts";
import { localRuns, smallProject, type TestProject } from "./projects.ts";

/** One scenario of 40 rows unless its SQL says otherwise: `t` counts from 0. */
const rowsOf = (kind: string, columns: string, count = 40, where = "true") =>
  `select '${kind}' as kind, ${columns} from range(${count}) r(t) where ${where}`;
const plain = "t::bigint as day, sin(t)::double as a, (t % 5)::double as b, (2 * sin(t) + t % 5)::double as y";

const rows = [
  rowsOf("plain", plain),
  rowsOf("one row", plain, 1),
  rowsOf("two rows", plain, 2),
  rowsOf("four rows", plain, 4),
  rowsOf("no target", "t, sin(t), t % 5, null"),
  rowsOf("one target", "t, sin(t), t % 5, case when t = 7 then 1 end"),
  rowsOf("late target", "t, sin(t), t % 5, case when t > 9 then t end"),
  rowsOf("constant target", "t, sin(t), t % 5, 3"),
  rowsOf("no features", "t, null, null, sin(t)"),
  rowsOf("constant features", "t, 7, 7, sin(t)"),
  rowsOf(
    "not finite",
    "t, case t when 3 then 'nan'::double when 30 then 'inf'::double else sin(t) end, t, case t when 5 then '-inf'::double when 6 then 'nan'::double else t end",
  ),
  rowsOf("huge numbers", "t, 1e140 * sin(t), -1e-140 * t, 1e140 * sin(t)"),
  rowsOf("repeated days", "t // 2, sin(t), t % 5, t"),
  rowsOf("gaps", "t * t, sin(t), t % 5, t"),
  rowsOf("some without day", "case when t % 4 > 0 then t end, sin(t), t % 5, t"),
  rowsOf("none with day", "null, sin(t), t % 5, t"),
].join("\nunion all ");

describe("scenarios of odd rows", () => {
  let project: TestProject;
  let finished: Finished;
  let lines: Map<unknown, ScenarioLine>;
  beforeAll(async () => {
    const prediction = "select kind, max(day) + 1 as day, 0.5 as a, 1.0 as b from rows group by kind";
    project = await smallProject({ rows, data: { scenarioKey: `"kind"`, target: `"y"`, prediction } });
    finished = await scenario(["train", "--all", "--json"], { cwd: project.dir });
    lines = new Map(trainOutput(finished.stdout).scenarios.map((line) => [line.scenario.kind, line]));
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it("answers every scenario, in the output and in MLflow", async () => {
    expect(finished.code).toBe(1);
    expect(lines.size).toBe(16);
    expect(await localRuns(project.path("mlruns"))).toHaveLength(17);
  });

  it.each([
    ["one row", "TooFewRowsError", "1 distinct times with a target; at least 4"],
    ["two rows", "TooFewRowsError", "2 distinct times with a target; at least 4"],
    ["no target", "TooFewRowsError", `no row has a value in the target "y"`],
    ["one target", "TooFewRowsError", "1 distinct times"],
    ["none with day", "TooFewRowsError", ""],
  ])("fails %s with %s", (kind, name, message) => {
    expect(lines.get(kind)).toMatchObject({ status: "failed", error: { name, stage: "prepareData" } });
    expect(lines.get(kind)?.error?.message).toContain(message);
  });

  it.each([
    ["plain", []],
    ["four rows", []],
    ["late target", [/10 rows without "y" are left out/]],
    ["constant target", []],
    ["no features", []],
    ["constant features", []],
    ["not finite", [/column "a": 1 infinite/, /rows without "y" are left out/]],
    ["huge numbers", []],
    ["repeated days", [/20 rows repeat the "day"/]],
    ["gaps", []],
    ["some without day", [/10 rows without "day" are left out/]],
  ])("trains %s, with the warnings that are due", (kind, warnings) => {
    const line = lines.get(kind);
    expect(line).toMatchObject({ status: "succeeded", error: null });
    for (const warning of warnings) expect(line?.warnings.join("\n")).toMatch(warning);
    if (warnings.length === 0) expect(line?.warnings).toEqual([]);
    expect(line?.metrics.mae).toBeGreaterThanOrEqual(0);
  });

  it("predicts a finite number for each scenario that has a model, and says why for those without", async () => {
    const predicted = await scenario(["predict", "--json"], { cwd: project.dir });
    expect(predicted.code).toBe(1);
    const forecasts = jsonLines(predicted.stdout) as { kind: string; prediction: number }[];
    const trained = [...lines.values()].filter(({ status }) => status === "succeeded");
    expect(forecasts.map(({ kind }) => kind).sort()).toEqual(trained.map((line) => line.scenario.kind).sort());
    for (const { prediction } of forecasts) expect(Number.isFinite(prediction)).toBe(true);
    expect(forecasts.find(({ kind }) => kind === "constant target")?.prediction).toBeCloseTo(3);
    expect(predicted.stderr).toMatch(/5 x .*\n.*(one row|two rows|no target|one target|none with day)/);
  });
});

describe("columns of every type", () => {
  const typed = `
    select 's' as shop, day, (9007199254740993 + day % 3)::bigint as big, (1e25 + day)::hugeint as huge,
      (day / 7.0)::decimal(18, 6) as price, date '2025-01-01' + day::int as opened,
      timestamptz '2025-03-30 00:30:00+02' + interval (day) hour as seen, day % 2 = 0 as open, (day % 3)::utinyint as small,
      ('v' || day % 3)::enum ('v0', 'v1', 'v2') as grade, uuid() as id, 'level ' || day as level, null as nothing,
      day % 3 + sin(day) as units
    from range(10000) days(day)`;

  it("become features, 10,000 levels and all", async () => {
    await using project = await smallProject({
      rows: typed,
      data: { target: `"units"` },
      pipeline: `import { Pipeline } from "scenario-runner";
export class ProjectPipeline extends Pipeline {
  override searchSpace() { return { nEstimators: [10] }; }
}
`,
    });
    const { code, stdout, stderr } = await scenario(["train", "--all", "--json"], { cwd: project.dir });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(trainOutput(stdout).scenarios[0].metrics.rmse).toBeLessThan(1);
    const preview = await scenario(["data", "--limit", "1", "--json"], { cwd: project.dir });
    expect(jsonLines(preview.stdout)[0]).toMatchObject({
      price: 0,
      opened: "2025-01-01",
      open: true,
      grade: "v0",
      nothing: null,
    });
  });
});
