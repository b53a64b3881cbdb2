import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, vi } from "vitest";
import { Data } from "../../../../runner/data/data.ts";
import { type DataDescription, describeData } from "../../../../runner/data/description.ts";
import type { DuckDbOptions } from "../../../../runner/data/engines.ts";
import { sql } from "../../../../runner/data/sql.ts";
import { csv, parquet } from "../../../../runner/data/streams.ts";
import { createDuckDbEngine } from "../../../../runner/engines/duckdb/engine.ts";
import type { BatchOptions, Engine, ScenarioSummary, Selection } from "../../../../runner/engines/engine.ts";
import { tableFromIpc } from "../../../../runner/table/arrow.ts";
import type { Table } from "../../../../runner/table/table.ts";

// Real queries over real files; the machine may be busy.
vi.setConfig({ testTimeout: 60_000 });

export const orangeJuiceDir = join(import.meta.dirname, "../../../../samples/orange-juice");

/** The sample's data: 106,139 rows, 913 scenarios. */
export class SalesData extends Data {
  streams = { sales: parquet("data/sales.parquet"), stores: csv("data/stores.csv") };
  scenarioKey = ["store", "brand"];
  override time = "week";
  target = "logmove";
  trainingMaster() {
    return sql`select * from sales join stores using (store)`;
  }
}

/** A description over key `k` and target `y`, without streams unless given. */
export function describe1(fields: Partial<DataDescription> & Pick<DataDescription, "trainingMaster">): DataDescription {
  class TestData extends Data {
    streams = {};
    scenarioKey = "k";
    target = "y";
    trainingMaster() {
      return fields.trainingMaster;
    }
  }
  return { ...describeData(new TestData()), ...fields };
}

const folders: string[] = [];
const engines: Engine[] = [];

afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.dispose()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that is removed at the end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "scenario-engine-"));
  folders.push(folder);
  return folder;
}

/** Writes a text file and its folders. */
export function write(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** Runs statements in a DuckDB of its own: in memory, or in the file. */
export async function runSql(statements: readonly string[], database = ":memory:"): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(database);
  const connection = await instance.connect();
  let rows: Record<string, unknown>[] = [];
  for (const statement of statements) rows = await (await connection.run(statement)).getRowObjectsJS();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

/** An engine that is disposed at the end. */
export function engineFor(
  data: Data | DataDescription,
  projectDir = temporaryFolder(),
  options?: DuckDbOptions,
): Engine {
  const description = data instanceof Data ? describeData(data) : data;
  const engine = createDuckDbEngine({ data: description, projectDir, ...(options === undefined ? {} : { options }) });
  engines.push(engine);
  return engine;
}

/** An engine over one query without streams. */
export function engineForSql(text: string, fields: Partial<DataDescription> = {}): Engine {
  return engineFor(describe1({ trainingMaster: { kind: "sql", pieces: [text], parameters: [] }, ...fields }));
}

/** All batches: each as a table with its scenarios. */
export async function allBatches(engine: Engine, options: BatchOptions = {}) {
  const pages = engine.batches(options);
  const batches: { table: Table; scenarios: { id: string; key: Record<string, unknown>; numRows: number }[] }[] = [];
  for await (const { ipc, scenarios } of pages) batches.push({ table: tableFromIpc(ipc), scenarios: [...scenarios] });
  return { batches, nullKeyRows: pages.nullKeyRows };
}

/** All rows, as objects. */
export async function allRows(engine: Engine, options: BatchOptions = {}) {
  const { batches } = await allBatches(engine, options);
  return batches.flatMap(({ table }) => Array.from({ length: table.numRows }, (_, row) => table.row(row)));
}

export async function allSummaries(engine: Engine, selection: Selection & { limit?: number } = {}) {
  const pages = engine.list(selection);
  const summaries: ScenarioSummary[] = [];
  for await (const page of pages) summaries.push(...page);
  return { summaries, nullKeyRows: pages.nullKeyRows };
}

/** What a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}
