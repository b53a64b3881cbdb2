import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

const SAMPLE = join(import.meta.dirname, "..", "..", "..", "samples", "orange-juice");
export const FIXTURES = join(import.meta.dirname, "..", "..", "fixtures", "cli");

/** A project folder that is deleted afterwards. */
export class TestProject implements AsyncDisposable {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await writeFile(this.path(path), content);
  }

  /** Replaces the only place where `before` stands. */
  async edit(path: string, before: string, after: string): Promise<void> {
    const text = await readFile(this.path(path), "utf8");
    if (text.split(before).length !== 2) throw new Error(`${path} does not hold exactly one ${before}`);
    await this.write(path, text.replace(before, after));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

export async function emptyFolder(): Promise<TestProject> {
  return new TestProject(await mkdtemp(join(tmpdir(), "scenario-cli-")));
}

/** A copy of the sample without what runs leave behind. */
export async function orangeJuice(): Promise<TestProject> {
  const project = await emptyFolder();
  for (const name of ["data", "data.ts", "pipeline.ts", "scenario.config.ts"]) {
    await cp(join(SAMPLE, name), project.path(name), { recursive: true });
  }
  return project;
}

export interface ProjectSetup {
  /** SQL that makes `data/rows.parquet`; left out: {@link shopRows}. */
  readonly rows?: string;
  /** Lines of the body of the `Data` class that differ from those of the shops. */
  readonly data?: Readonly<Record<string, string>>;
  /** Text of `pipeline.ts`; it must export `ProjectPipeline`. */
  readonly pipeline?: string;
  /** Fields of `defineProject` besides name, data and pipeline. */
  readonly settings?: string;
  /** Other files by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Six shops with 40 days each: a number per day with some structure, always the same. */
export const shopRows = `
  select shop, day, day % 7 as weekday, sin(day / 3.0) + shop as load,
    100 * shop + 10 * sin(day / 3.0) + (day * 7919 + shop * 104729) % 97 / 97.0 as visitors
  from range(1, 7) shops(shop), range(40) days(day)`;

const plainPipeline = `import { makePipeline, type Params, Pipeline, RidgeRegressor, SimpleImputer, StandardScaler, OneHotEncoder } from "scenario-runner";
export class ProjectPipeline extends Pipeline {
  override makePipeline(_params: Params) {
    return makePipeline(new SimpleImputer(), new OneHotEncoder(), new StandardScaler(), new RidgeRegressor());
  }
}
`;

const shopData = {
  streams: `{ rows: parquet("data/rows.parquet") }`,
  scenarioKey: `["shop"]`,
  time: `"day"`,
  target: `"visitors"`,
  horizon: "1",
  training: "select * from rows",
};

/** A small project that trains in a moment: ridge regressions on shops, or whatever the set-up says. */
export async function smallProject(setup: ProjectSetup = {}): Promise<TestProject> {
  const project = await emptyFolder();
  await mkdir(project.path("data"));
  await writeParquet(project.path("data", "rows.parquet"), setup.rows ?? shopRows);
  const { training, prediction, ...fields } = { prediction: "", ...shopData, ...setup.data };
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `  override ${name} = ${value};`);
  const masters = [`  override trainingMaster() { return sql\`${training}\`; }`];
  if (prediction !== "") masters.push(`  override predictionMaster() { return sql\`${prediction}\`; }`);
  await project.write(
    "data.ts",
    `import { csv, Data, parquet, query, sql, table } from "scenario-runner";
export class ProjectData extends Data {
${[...lines, ...masters].join("\n")}
}
`,
  );
  await project.write("pipeline.ts", setup.pipeline ?? plainPipeline);
  await project.write(
    "scenario.config.ts",
    `import { defineProject } from "scenario-runner";
import { ProjectData } from "./data.ts";
import { ProjectPipeline } from "./pipeline.ts";
export default defineProject({ name: "shops", data: ProjectData, pipeline: ProjectPipeline${
      setup.settings === undefined ? "" : `, ${setup.settings}`
    } });
`,
  );
  for (const [path, content] of Object.entries(setup.files ?? {})) await project.write(path, content);
  return project;
}

/** The rows of a query as a Parquet file. */
export async function writeParquet(path: string, sql: string): Promise<void> {
  await copyTo(path, sql, "format parquet");
}

export async function writeCsv(path: string, sql: string): Promise<void> {
  await copyTo(path, sql, "format csv, header");
}

async function copyTo(path: string, sql: string, options: string): Promise<void> {
  await queryRows(`copy (${sql}) to '${path.replaceAll("'", "''")}' (${options})`);
}

/** The rows of a query over files, as DuckDB's own JavaScript values. */
export async function queryRows(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    return await (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Lines of the newest journal that are whole, as objects. */
export async function journalLines(project: TestProject): Promise<Record<string, unknown>[]> {
  const text = await readFile(await journalPath(project), "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line !== "" && isJson(line))
    .map((line): Record<string, unknown> => JSON.parse(line));
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

export async function journalPath(project: TestProject): Promise<string> {
  const batches = project.path(".scenario", "batches");
  const newest = (await readdir(batches).catch(() => [])).sort().at(-1);
  return join(batches, newest ?? "none", "journal.ndjson");
}

/** The last journalled status of each scenario, by id. */
export async function journalState(project: TestProject): Promise<Map<string, string>> {
  const lines = await journalLines(project);
  return new Map(lines.filter(({ type }) => type === "scenario").map(({ id, status }) => [String(id), String(status)]));
}

/** One run of a local tracking folder, as far as the tests look. */
export interface LocalRun {
  readonly runId: string;
  readonly folder: string;
  /** MLflow's number: 1 running, 3 finished, 4 failed, 5 killed. */
  readonly status: number;
  readonly tags: Readonly<Record<string, string>>;
}

export const runStatus = { running: 1, finished: 3, failed: 4, killed: 5 } as const;

/** All runs below a tracking folder, read file by file. */
export async function localRuns(folder: string): Promise<LocalRun[]> {
  const runs: LocalRun[] = [];
  for (const experiment of await readdir(folder)) {
    if (!/^\d+$/.test(experiment)) continue;
    for (const runId of await readdir(join(folder, experiment))) {
      const run = join(folder, experiment, runId);
      if (!/^[0-9a-f]{32}$/.test(runId) || !existsSync(join(run, "meta.yaml"))) continue;
      const meta: unknown = JSON.parse(await readFile(join(run, "meta.yaml"), "utf8"));
      const status = typeof meta === "object" && meta !== null && "status" in meta ? Number(meta.status) : 0;
      const tags: Record<string, string> = {};
      for (const tag of await readdir(join(run, "tags"))) tags[tag] = await readFile(join(run, "tags", tag), "utf8");
      runs.push({ runId, folder: run, status, tags });
    }
  }
  return runs;
}
