import { describe, expect, it } from "vitest";
import { allSummaries, engineFor, engineForSql, errorOf, orangeJuiceDir, runSql, SalesData } from "./project.ts";

describe("list", () => {
  it("counts rows and targets of every scenario and says when it begins and ends", async () => {
    const { summaries, nullKeyRows } = await allSummaries(engineFor(new SalesData(), orangeJuiceDir));
    const expected = await runSql([
      `select store, brand, count(*)::int as n, min(week) as first, max(week) as last
       from '${orangeJuiceDir}/data/sales.parquet' group by all order by store, brand`,
    ]);
    expect(summaries).toEqual(
      expected.map(({ store, brand, n, first, last }) => ({
        id: `store=${store}/brand=${brand}`,
        key: { store, brand },
        numRows: n,
        numTargets: n,
        firstTime: first,
        lastTime: last,
      })),
    );
    expect(nullKeyRows).toBe(0);
  });

  it("counts missing targets, missing times and rows without a key", async () => {
    const engine = engineForSql(
      `select * from (values ('a', date '2024-01-31', 1.5), ('a', date '2024-02-01', null), ('a', null, 2.5),
                             ('b', null, 'nan'::double), (null, date '2024-01-01', 1.0), (null, null, 2.0)) t(k, day, y)`,
      { time: "day" },
    );
    const { summaries, nullKeyRows } = await allSummaries(engine);
    expect(summaries).toEqual([
      { id: "k=a", key: { k: "a" }, numRows: 3, numTargets: 2, firstTime: "2024-01-31", lastTime: "2024-02-01" },
      { id: "k=b", key: { k: "b" }, numRows: 1, numTargets: 0, firstTime: null, lastTime: null },
    ]);
    expect(nullKeyRows).toBe(2);
  });

  it("has no times without a time column and no targets without a target", async () => {
    const engine = engineForSql("select 1 as k, 2 as y", {
      predictionMaster: { kind: "sql", pieces: ["select 7 as k"], parameters: [] },
    });
    expect((await allSummaries(engine)).summaries).toMatchObject([{ numTargets: 1, firstTime: null, lastTime: null }]);
    expect((await allSummaries(engine, { set: "prediction" })).summaries).toMatchObject([
      { id: "k=7", numTargets: null },
    ]);
  });

  it("can be narrowed down and cut short", async () => {
    const engine = engineFor(new SalesData(), orangeJuiceDir);
    const narrowed = await allSummaries(engine, { where: "store = 5", limit: 2 });
    expect(narrowed.summaries.map(({ id }) => id)).toEqual(["store=5/brand=1", "store=5/brand=2"]);
    const some = await allSummaries(engine, {
      scenarios: [
        { store: 2, brand: 3 },
        { store: 0, brand: 0 },
      ],
    });
    expect(some.summaries.map(({ id }) => id)).toEqual(["store=2/brand=3"]);
    expect((await allSummaries(engine, { where: "false" })).summaries).toEqual([]);
  });

  it("comes in pages, each key once and in order", async () => {
    const engine = engineForSql("select 'key ' || (i % 25000) as k, i as y from range(50000) t(i)");
    const pages: string[][] = [];
    for await (const page of engine.list()) pages.push(page.map(({ id }) => id));
    expect(pages.length).toBeGreaterThan(1);
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThan(10_000 + 2_048);
    const ids = pages.flat();
    expect(ids.length).toBe(25_000);
    expect([...ids].sort()).toEqual(ids);
  });

  it("says so when the master table is empty", async () => {
    expect(await errorOf(allSummaries(engineForSql("select 1 as k, 2 as y where false")))).toMatchObject({
      code: "EMPTY",
    });
  });
});

describe("preview, schema and count", () => {
  const engine = engineFor(new SalesData(), orangeJuiceDir);

  it("show the first rows by key and time", async () => {
    const arrow = await engine.preview({ limit: 3, scenarios: [{ store: 5, brand: 2 }] });
    expect(arrow.numRows).toBe(3);
    const weeks = [...(arrow.getChild("week") ?? [])];
    expect([...weeks].sort((a, b) => a - b)).toEqual(weeks);
    expect((await engine.preview()).numRows).toBe(100);
  });

  it("name the master's columns without running it", async () => {
    const columns = await engine.schema();
    expect(columns.length).toBe(29);
    expect(columns.slice(0, 4)).toEqual([
      { name: "store", sqlType: "INTEGER", keyType: "integer" },
      { name: "brand", sqlType: "INTEGER", keyType: "integer" },
      { name: "week", sqlType: "INTEGER", keyType: "integer" },
      { name: "logmove", sqlType: "DOUBLE", keyType: "float" },
    ]);
    const slow = engineForSql("select i as k, i as y from range(1000000000000) t(i)");
    expect((await slow.schema()).length).toBe(2);
  });

  it("count rows", async () => {
    expect(await engine.count()).toBe(106_139);
    expect(await engine.count({ where: "store = 2 and brand = 1" })).toBe(110);
  });
});
