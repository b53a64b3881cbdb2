import { describe, expect, it } from "vitest";
import { ScenarioKeyError } from "../../../../runner/data/scenario.ts";
import { sql } from "../../../../runner/data/sql.ts";
import { query } from "../../../../runner/data/streams.ts";
import { allBatches, allRows, describe1, engineFor, engineForSql, errorOf, temporaryFolder } from "./project.ts";

describe("errors in the master table", () => {
  it.each<[string, string, object, RegExp]>([
    [
      "a mistyped word",
      "select 1 as k,\n  2 as y\nform t",
      { code: "SQL", place: { query: "trainingMaster()", line: 3 } },
      /TestData\.trainingMaster\(\) \(line 3, character \d+\): syntax error/,
    ],
    [
      "an unknown column",
      "select 'ü' as k,\n  pricce as y\nfrom (select 1 as price)",
      { code: "SQL", place: { query: "trainingMaster()", line: 2, character: 3, column: "pricce" } },
      /"pricce" not found[\s\S]*"price"/,
    ],
    [
      "a value that can't be converted while it runs",
      "select 1 as k,\n ('a' || i)::int as y from range(3) t(i)",
      { code: "SQL", place: { query: "trainingMaster()", line: 2 } },
      /Could not convert string 'a0'/,
    ],
    [
      "several statements",
      "select 1 as k, 2 as y; drop table x",
      { code: "SQL", place: { query: "trainingMaster()" } },
      /syntax error/,
    ],
    ["a stray parameter", "select $1 as k, 2 as y", { code: "SQL", place: { query: "trainingMaster()" } }, /parameter/],
  ])("say where %s is in the user's own SQL", async (_, text, place, message) => {
    const error = await errorOf(allBatches(engineForSql(text)));
    expect(error).toMatchObject({ name: "DataError", ...place });
    expect(String(error)).toMatch(message);
  });

  it("do not mind a semicolon or a comment at the end", async () => {
    expect(await allRows(engineForSql("select 1 as k, 2 as y -- all of it"))).toEqual([{ k: 1, y: 2 }]);
    expect(await allRows(engineForSql("select 1 as k, 2 as y ;\n"))).toEqual([{ k: 1, y: 2 }]);
    expect(await allRows(engineForSql("with a as (select 1 as k) select k, 2 as y from a"))).toEqual([{ k: 1, y: 2 }]);
  });

  it("say which query stream is wrong", async () => {
    const data = describe1({
      streams: { good: query(sql`select 1 as k, 2 as y`), bad: query(sql`select nosuch from good`) },
      trainingMaster: sql`select * from good join bad on true`,
    });
    expect(await errorOf(engineFor(data).schema())).toMatchObject({
      code: "SQL",
      place: { query: "streams.bad", column: "nosuch", line: 1, character: 8 },
    });
  });

  it.each<[string, object, RegExp]>([
    [
      "scenarioKey",
      { scenarioKey: ["k", "brand"] },
      /has no column "brand", which TestData\.scenarioKey names; it has k, week, y/,
    ],
    ["target", { target: "sales" }, /has no column "sales", which TestData\.target names; it has k, week, y/],
    ["time", { time: "day" }, /has no column "day", which TestData\.time names; it has k, week, y/],
    [
      "time in another case",
      { time: "Week" },
      /has no column "Week", which TestData\.time names; it has "week"; write it so/,
    ],
  ])("name the columns there are when a declared one is absent: %s", async (_, fields, message) => {
    const error = await errorOf(engineForSql("select 1 as k, 'a' as week, 2 as y", fields).schema());
    expect(error).toMatchObject({ code: "COLUMN_NOT_FOUND" });
    expect(String(error)).toMatch(message);
  });

  it("refuse a time that can't order rows by steps", async () => {
    const error = await errorOf(engineForSql("select 1 as k, '2024-01-01' as day, 2 as y", { time: "day" }).schema());
    expect(error).toMatchObject({ code: "UNSUPPORTED_TYPE", place: { column: "day" } });
    expect(String(error)).toMatch(/"day", which is VARCHAR .* whole number, a date or a time stamp/);
  });

  it("say that there is nothing to predict without a prediction master", async () => {
    const engine = engineForSql("select 1 as k, 2 as y");
    expect(await errorOf(engine.schema("prediction"))).toMatchObject({ code: "NO_PREDICTION_MASTER" });
    expect(await errorOf(allBatches(engine, { set: "prediction" }))).toMatchObject({ code: "NO_PREDICTION_MASTER" });
  });

  it("say what to do when memory runs out", async () => {
    const data = describe1({
      trainingMaster: sql`select 1 as k, length(string_agg(md5(i::varchar), '')) as y from range(3000000) t(i)`,
    });
    const error = await errorOf(allBatches(engineFor(data, temporaryFolder(), { memoryLimit: "30MB", threads: 1 })));
    expect(error).toMatchObject({ code: "OUT_OF_MEMORY", message: expect.stringMatching(/duckdb\({ memoryLimit }\)/) });
  });
});

describe("errors in what is selected", () => {
  const engine = engineForSql("select 1 as k, 2 as y");

  it.each<[string, RegExp]>([
    ["nosuch > 1", /--where \(line 1, character 1\): Referenced column "nosuch" not found/],
    ["y >", /--where/],
    ["y > 1; drop table x", /--where/],
    ["k = 'two'", /--where \(line 1, character 5\): Could not convert string 'two'/],
  ])("are told for --where %s", async (where, message) => {
    const error = await errorOf(engine.count({ where }));
    expect(error).toMatchObject({ code: "SQL", place: { query: "--where" } });
    expect(String(error)).toMatch(message);
  });

  it("are told for a scenario without all key columns", async () => {
    expect(await errorOf(engine.count({ scenarios: [{ store: 1 }] }))).toBeInstanceOf(ScenarioKeyError);
  });

  it("never let a scenario's value become SQL", async () => {
    const hostile = "x' or '1'='1";
    const texts = engineForSql(`select * from (values ('a', 1), ('x'' or ''1''=''1', 2)) t(k, y)`);
    expect(await allRows(texts, { scenarios: [{ k: hostile }] })).toEqual([{ k: hostile, y: 2 }]);
    expect(await allRows(texts, { scenarios: [{ k: hostile }, { k: "b" }] })).toEqual([{ k: hostile, y: 2 }]);
  });
});
