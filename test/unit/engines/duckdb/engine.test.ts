import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sql } from "../../../../runner/data/sql.ts";
import { allRows, describe1, engineFor, errorOf, temporaryFolder, write } from "./project.ts";

const one = describe1({ trainingMaster: sql`select 1 as k, 2 as y` });

describe("an engine", () => {
  it("opens nothing before it is asked for something", async () => {
    const folder = temporaryFolder();
    const engine = engineFor(one, folder);
    await engine.dispose();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("removes its folder for spilled rows, and those of processes that were killed", async () => {
    const folder = temporaryFolder();
    const spill = join(folder, ".scenario/tmp");
    write(spill, "duckdb-999999999-abc/rows.tmp", "left behind");
    write(spill, `duckdb-${process.ppid}-abc/rows.tmp`, "in use");
    const engine = engineFor(one, folder);
    await engine.count();
    expect(readdirSync(spill).filter((name) => name.startsWith(`duckdb-${process.pid}-`)).length).toBe(1);
    expect(existsSync(join(spill, "duckdb-999999999-abc"))).toBe(false);
    await engine.dispose();
    expect(readdirSync(spill)).toEqual([`duckdb-${process.ppid}-abc`]);
  });

  it("works where nothing can be written into the project's folder", async () => {
    const file = write(temporaryFolder(), "file", "in the way");
    expect(await allRows(engineFor(one, file))).toEqual([{ k: 1, y: 2 }]);
  });

  it("says why it can't be started", async () => {
    const folder = temporaryFolder();
    const error = await errorOf(engineFor(one, folder, { memoryLimit: "much" }).count());
    expect(error).toMatchObject({
      name: "DataError",
      code: "ENGINE",
      message: expect.stringContaining("can't be started"),
    });
    expect(readdirSync(join(folder, ".scenario/tmp"))).toEqual([]);
  });

  it("is disposed at the end of its block", async () => {
    const folder = temporaryFolder();
    {
      await using engine = engineFor(one, folder);
      await engine.count();
    }
    expect(readdirSync(join(folder, ".scenario/tmp"))).toEqual([]);
  });
});
