import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareOwnFolder } from "../../runner/project/own-folder.ts";

const root = resolve(import.meta.dirname, "../..");

/** A project as users write it: plain class fields and methods, without `override`. */
const project = {
  "scenario.config.ts": `import { defineProject, duckdb } from "scenario-runner";
import { SalesData } from "./data.ts";
import { DemandPipeline } from "./pipeline.ts";
export default defineProject({
  name: "orange-juice", data: SalesData, pipeline: DemandPipeline,
  engine: duckdb(),
  tracking: { uri: "./mlruns", experiment: "orange-juice" },
});
`,
  "data.ts": `import { Data, parquet, csv, sql } from "scenario-runner";
export class SalesData extends Data {
  streams = { sales: parquet("data/sales.parquet"), stores: csv("data/stores.csv") };
  scenarioKey = ["store", "brand"];  time = "week";  target = "logmove";  horizon = 4;
  trainingMaster() { return sql\`select * from sales join stores using (store)\`; }
  predictionMaster() { return sql\`select * from sales join stores using (store) where week > \${160}\`; }
}
`,
  "pipeline.ts": `import { Pipeline } from "scenario-runner";
export class DemandPipeline extends Pipeline {}
`,
  "tsconfig.json": `{ "extends": "./.scenario/tsconfig.json", "include": ["*.ts"] }
`,
};

describe("The types of scenario-runner", () => {
  let types: string;
  let folder: string;

  /** What the compiler says about a project beside no `node_modules`, as `scenario` prepares it. */
  async function compile(files: Readonly<Record<string, string>>): Promise<string> {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    await prepareOwnFolder(folder, types);
    return tsc("-p", folder);
  }

  function tsc(...args: string[]): string {
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    return spawnSync(process.execPath, [compiler, ...args], { cwd: folder, encoding: "utf8" }).stdout;
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "project-types-"));
    // Inside of the repository, so that the declarations find those of the runner's dependencies.
    mkdirSync(join(root, "test/artifacts"), { recursive: true });
    types = mkdtempSync(join(root, "test/artifacts/types-"));
    expect(tsc("-p", join(root, "runner/tsconfig.build.json"), "--outDir", join(types, "types"))).toBe("");
  });

  afterAll(() => {
    rmSync(types, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  });

  it("accept a project in plain class fields under the settings that `scenario` writes", async () => {
    expect(await compile(project)).toBe("");
  });

  it("accept streams from tables and queries, and a key of one column", async () => {
    const data = `import { Data, query, sql, table } from "scenario-runner";
export class SalesData extends Data {
  streams = { sales: table("cat.db.sales"), recent: query(sql\`select * from sales where week > \${100}\`) };
  scenarioKey = "store";
  target = "logmove";
  trainingMaster() { return sql\`select * from recent\`; }
}
`;
    expect(await compile({ ...project, "data.ts": data })).toBe("");
  });

  it("accept overrides of every stage, with parameters typed by the package's own names", async () => {
    const pipeline = `import {
  type Evaluation, makePipeline, type Params, Pipeline, type PreparedData, RidgeRegressor, type ScenarioContext,
  type SelectedFeatures, SimpleImputer, StandardScaler, type Table, type TrainedModel, type TunedModel,
} from "scenario-runner";
export class DemandPipeline extends Pipeline {
  prepareData(rows: Table, context: ScenarioContext) { return super.prepareData(rows, context); }
  makePipeline(params: Params) { return makePipeline(new SimpleImputer(), new StandardScaler(), new RidgeRegressor(params)); }
  selectFeatures(prepared: PreparedData, context: ScenarioContext) { return super.selectFeatures(prepared, context); }
  tuneHyperparams(selected: SelectedFeatures, context: ScenarioContext) { return super.tuneHyperparams(selected, context); }
  computeMetrics(tuned: TunedModel, context: ScenarioContext) { return super.computeMetrics(tuned, context); }
  kpis(actual: Float64Array, predicted: Float64Array, rows: Table) {
    return { first: predicted[0] - actual[0], rows: rows.numRows };
  }
  logRun(evaluation: Evaluation, context: ScenarioContext) { return super.logRun(evaluation, context); }
  predict(model: TrainedModel, rows: Table, context: ScenarioContext) { return super.predict(model, rows, context); }
}
`;
    expect(await compile({ ...project, "pipeline.ts": pipeline })).toBe("");
  });

  it("refuse a horizon that is a text", async () => {
    const data = project["data.ts"].replace("horizon = 4", 'horizon = "4"');
    const output = await compile({ ...project, "data.ts": data });
    expect(output).toContain("data.ts(4,");
    expect(output).toContain("'string' is not assignable to type 'number'");
  });
});
