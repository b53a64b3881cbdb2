import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Data } from "../../../runner/data/data.ts";
import { describeData } from "../../../runner/data/description.ts";
import { sql } from "../../../runner/data/sql.ts";
import { csv, parquet } from "../../../runner/data/streams.ts";
import { createDuckDbEngine } from "../../../runner/engines/duckdb/engine.ts";
import { tableFromIpc, tableToIpc } from "../../../runner/table/arrow.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

const root = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "scenario-arrow-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function python(...args: readonly string[]): unknown {
  const script = join(import.meta.dirname, "arrow.py");
  const { status, stdout, stderr } = spawnSync(join(root, "test/.venv/bin/python"), [script, ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Infinities as the Python side writes them into JSON. */
function rowsOf(table: Table): Record<string, unknown>[] {
  return Array.from({ length: table.numRows }, (_, row) =>
    Object.fromEntries(
      Object.entries(table.row(row)).map(([name, value]) => [
        name,
        typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
      ]),
    ),
  );
}

describe("Arrow between the runner and pyarrow", () => {
  it("is read with the same values, of every type, from several record batches", () => {
    const expected = python("types", folder);
    const table = tableFromIpc(readFileSync(join(folder, "types.arrow")));
    expect(rowsOf(table)).toEqual(expected);
  });

  it("is written so that pyarrow reads the same values and fitting types", () => {
    const table = new Table({
      double: numeric(Float64Array.of(0.1, Number.NaN, Infinity)),
      integer: numeric(Float64Array.of(-3, 2 ** 40, Number.NaN), "integer"),
      boolean: numeric(Float64Array.of(1, 0, Number.NaN), "boolean"),
      date: numeric(Float64Array.of(-1, 19_782, Number.NaN), "date"),
      timestamp: numeric(Float64Array.of(-1, 1_709_210_096_789, Number.NaN), "timestamp"),
      text: categoricalOf(["é😀", null, ""]),
    });
    const path = join(folder, "table.arrow");
    writeFileSync(path, tableToIpc(table));
    expect(python("read", path)).toEqual({
      types: {
        double: "double",
        integer: "int64",
        boolean: "bool",
        date: "date32[day]",
        timestamp: "timestamp[us, tz=UTC]",
        text: "dictionary<values=string, indices=int32, ordered=0>",
      },
      rows: rowsOf(table),
    });
  });

  it("carries the orange-juice master table as pandas joins it, in batches and in a snapshot", async () => {
    class SalesData extends Data {
      streams = { sales: parquet("data/sales.parquet"), stores: csv("data/stores.csv") };
      scenarioKey = ["store", "brand"];
      override time = "week";
      target = "logmove";
      trainingMaster() {
        return sql`select * from sales join stores using (store)`;
      }
    }
    const projectDir = join(root, "samples/orange-juice");
    const engine = createDuckDbEngine({ data: describeData(new SalesData()), projectDir });
    const dir = mkdtempSync(join(folder, "oj-"));
    let count = 0;
    for await (const { ipc } of engine.batches())
      writeFileSync(join(dir, `${String(count++).padStart(4, "0")}.arrow`), ipc);
    await engine.snapshot({ dir });
    await engine.dispose();
    expect(python("orange-juice", join(projectDir, "data"), dir)).toEqual({
      rows: 106_139,
      columns: 29,
      batches: count,
    });
  });
});
