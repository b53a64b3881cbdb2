import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPython } from "../../setup/mlflow-server.ts";
import { jsonLines, scenario } from "./command-line.ts";
import { FIXTURES, localRuns, orangeJuice, smallProject, type TestProject } from "./projects.ts";

interface PandasTable {
  readonly types: Readonly<Record<string, string>>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

async function readByPandas(path: string): Promise<PandasTable> {
  return (await runPython(join(FIXTURES, "read_table.py"), "", path)) as PandasTable;
}

describe("predictions of the sample", () => {
  let sample: TestProject;
  let rows: { store: number; brand: number; week: number; prediction: number }[];
  beforeAll(async () => {
    sample = await orangeJuice();
    await scenario(["train", "--all", "--where", "store = 2 and brand < 4"], { cwd: sample.dir });
    const { stdout } = await scenario(["predict", "--where", "store = 2 and brand < 4", "--json"], { cwd: sample.dir });
    rows = jsonLines(stdout) as typeof rows;
  });
  afterAll(() => sample[Symbol.asyncDispose]());

  it("are one row for each week to come, near what is usual", () => {
    expect(rows.map(({ brand, week }) => `${brand} ${week}`).sort()).toEqual(
      [1, 2, 3].flatMap((brand) => [161, 162, 163, 164].map((week) => `${brand} ${week}`)),
    );
    for (const { prediction } of rows) expect(prediction).toBeGreaterThan(5);
    for (const { prediction } of rows) expect(prediction).toBeLessThan(15);
  });

  it("are the same as Parquet and CSV, read back by pandas", async () => {
    const sorted = (table: readonly unknown[]) => table.map((row) => JSON.stringify(row)).sort();
    for (const name of ["out.parquet", "OUT.CSV"]) {
      const args = ["predict", "--where", "store = 2 and brand < 4", "--out", name];
      const { code, stdout } = await scenario(args, { cwd: sample.dir });
      expect(stdout).toBe(`12 predictions in ${sample.path(name)}\n`);
      expect(code).toBe(0);
    }
    const parquet = await readByPandas(sample.path("out.parquet"));
    expect(parquet.types).toEqual({ store: "int64", brand: "int64", week: "int64", prediction: "float64" });
    expect(parquet.rows).toHaveLength(12);
    await rename(sample.path("OUT.CSV"), sample.path("out.csv"));
    const csv = await readByPandas(sample.path("out.csv"));
    expect(sorted(csv.rows)).toEqual(sorted(parquet.rows));
    const exact = new Map(rows.map(({ brand, week, prediction }) => [`${brand} ${week}`, prediction]));
    for (const row of parquet.rows)
      expect(row.prediction).toBeCloseTo(exact.get(`${row.brand} ${row.week}`) ?? Number.NaN, 12);
  });

  it("of one scenario are those of the whole", async () => {
    const { code, stdout } = await scenario(["predict", "--scenario", "store=2", "brand=3"], { cwd: sample.dir });
    expect(code).toBe(0);
    const expected = rows.filter(({ brand }) => brand === 3);
    expect(stdout).toBe(expected.map((r) => `store 2  brand 3  week ${r.week}  prediction ${r.prediction}\n`).join(""));
  });

  it("are missing, with the reason, for scenarios without a model or whose run is gone", async () => {
    const untrained = await scenario(
      ["predict", "--scenario", "store=2,brand=3", "--scenario", "store=2,brand=9", "--json"],
      { cwd: sample.dir },
    );
    expect(untrained.code).toBe(1);
    expect(jsonLines(untrained.stdout)).toHaveLength(4);
    expect(untrained.stderr).toMatch(/1 x \w+.*\n.*store 2, brand 9: .*(train|model)/);

    const runs = await localRuns(sample.path("mlruns"));
    const gone = runs.find(({ tags }) => tags["scenario.id"] === "store=2/brand=1");
    await rm(gone?.folder ?? "", { recursive: true });
    const { code, stdout, stderr } = await scenario(["predict", "--where", "store = 2 and brand < 4", "--json"], {
      cwd: sample.dir,
    });
    expect(stderr).toMatch(/store 2, brand 1: /);
    expect(code).toBe(1);
    expect(jsonLines(stdout)).toEqual(expect.arrayContaining(rows.filter(({ brand }) => brand !== 1)));
  });

  it.each([
    { args: ["--out", "x.xlsx"], says: ".parquet or .csv" },
    { args: ["--out", "nowhere/x.csv"], says: "there is no folder" },
    { args: ["--scenario", "store=2"], says: "does not say which brand" },
    { args: ["--where", "logmove > 1"], says: "logmove" },
  ])("are refused with $args", async ({ args, says }) => {
    const { code, stdout, stderr } = await scenario(["predict", ...args], { cwd: sample.dir });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(says);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

describe("models without runs of their own", () => {
  it("predict the same as those in runs, also after a second batch", async () => {
    const data = { prediction: "select * exclude (visitors) replace (day + 1 as day) from rows where day = 39" };
    await using project = await smallProject({ data, settings: `tracking: { childRuns: "all" }` });
    const predictions = async () => {
      expect((await scenario(["train", "--all"], { cwd: project.dir })).code).toBe(0);
      const { code, stdout } = await scenario(["predict", "--json"], { cwd: project.dir });
      expect(code).toBe(0);
      return stdout.trim().split("\n").sort();
    };
    const inRuns = await predictions();
    expect(inRuns).toHaveLength(6);
    await project.edit("scenario.config.ts", `childRuns: "all"`, `childRuns: "none"`);
    expect(await predictions()).toEqual(inRuns);
    expect(await localRuns(project.path("mlruns"))).toHaveLength(8);
    await rm(project.path("mlruns"), { recursive: true });
    expect(await predictions()).toEqual(inRuns);
  });
});

describe("an estimator of one's own", () => {
  it("is trained, kept and asked for predictions", async () => {
    const pipeline = `import { type Estimator, type ModelState, Pipeline, StateReader, type Table } from "scenario-runner";

/** Predicts the median of the target. */
class Median implements Estimator {
  static fromState(state: ModelState): Median {
    const median = new Median();
    median.value = new StateReader(state, "Median").number("value");
    return median;
  }
  value = Number.NaN;
  getParams() { return {}; }
  fit(_features: Table, target: Float64Array): this {
    this.value = target.toSorted()[target.length >> 1];
    return this;
  }
  predict(features: Table) { return new Float64Array(features.numRows).fill(this.value); }
  toState() { return { value: this.value }; }
}

export class ProjectPipeline extends Pipeline {
  override readonly estimators = [Median];
  override searchSpace() { return {}; }
  override makePipeline() { return new Median(); }
}
`;
    await using project = await smallProject({
      rows: "select shop, day, shop * 10 + day % 3 as visitors from range(1, 3) s(shop), range(30) d(day)",
      pipeline,
      data: { prediction: "select shop, max(day) + 1 as day from rows group by shop" },
    });
    expect((await scenario(["train", "--all"], { cwd: project.dir })).code).toBe(0);
    const { code, stdout } = await scenario(["predict", "--json"], { cwd: project.dir });
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toEqual(
      expect.arrayContaining([
        { shop: 1, day: 30, prediction: 11 },
        { shop: 2, day: 30, prediction: 21 },
      ]),
    );
    await project.edit("pipeline.ts", "  override readonly estimators = [Median];\n", "");
    const unknown = await scenario(["predict"], { cwd: project.dir });
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("Median");
  });
});
