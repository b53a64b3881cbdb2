import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sql } from "../../../../runner/data/sql.ts";
import { parquet } from "../../../../runner/data/streams.ts";
import { DataError } from "../../../../runner/engines/data-error.ts";
import {
  allBatches,
  allRows,
  describe1,
  engineFor,
  engineForSql,
  errorOf,
  orangeJuiceDir,
  runSql,
  SalesData,
  temporaryFolder,
} from "./project.ts";

describe("batches of the orange-juice sample", () => {
  const engine = engineFor(new SalesData(), orangeJuiceDir);

  it("hold every row once, in whole scenarios, sorted by key and week", async () => {
    const { batches, nullKeyRows } = await allBatches(engine);
    expect(nullKeyRows).toBe(0);
    const ids = batches.flatMap(({ scenarios }) => scenarios.map(({ id }) => id));
    expect(ids.length).toBe(913);
    expect(new Set(ids).size).toBe(913);
    let previous = [0, 0, 0];
    let rows = 0;
    for (const { table, scenarios } of batches) {
      expect(scenarios.reduce((sum, { numRows }) => sum + numRows, 0)).toBe(table.numRows);
      let row = 0;
      for (const { key, numRows } of scenarios) {
        for (const end = row + numRows; row < end; row++) {
          const current = [table.numbers("store")[row], table.numbers("brand")[row], table.numbers("week")[row]];
          if (key.store !== current[0] || key.brand !== current[1])
            throw new Error(`row ${row} is not of ${JSON.stringify(key)}`);
          const difference = current.findIndex((value, index) => value !== previous[index]);
          if (current[difference] < previous[difference]) throw new Error(`${current} comes after ${previous}`);
          previous = current;
        }
      }
      rows += table.numRows;
    }
    expect(rows).toBe(106_139);
  });

  it("end at the first whole scenario beyond the wanted number of rows, give or take a chunk", async () => {
    const { batches } = await allBatches(engine, { targetRows: 5_000 });
    const sizes = batches.map(({ table }) => table.numRows);
    expect(Math.max(...sizes)).toBeLessThan(5_000 + 2_048);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(5_000 - 121);
  });

  it("hold only the scenarios that are asked for, one or many", async () => {
    const one = await allBatches(engine, { scenarios: [{ store: 5, brand: 11 }] });
    expect(one.batches.map(({ scenarios }) => scenarios)).toEqual([
      [{ id: "store=5/brand=11", key: { store: 5, brand: 11 }, numRows: 116 }],
    ]);
    const many = await allBatches(engine, {
      scenarios: [
        { store: 5, brand: 2 },
        { store: 2, brand: 1 },
        { store: 99_999, brand: 1 },
        { store: 2, brand: 1 },
      ],
    });
    expect(many.batches.flatMap(({ scenarios }) => scenarios.map(({ id }) => id))).toEqual([
      "store=2/brand=1",
      "store=5/brand=2",
    ]);
    expect((await allBatches(engine, { scenarios: [] })).batches).toEqual([]);
  });

  it("hold only the rows that --where lets through, also together with scenarios", async () => {
    const scenarios = [
      { store: 2, brand: 1 },
      { store: 5, brand: 1 },
    ];
    const rows = await allRows(engine, { where: "week > 150 -- the end\n or week = 40", scenarios });
    const weeks = rows.map(({ store, week }) => `${store}:${week}`);
    const expected = await runSql([
      `select store || ':' || week as row from '${orangeJuiceDir}/data/sales.parquet'
       where brand = 1 and store in (2, 5) and (week > 150 or week = 40) order by store, week`,
    ]);
    expect(weeks).toEqual(expected.map(({ row }) => row));
  });

  it("can be read by several readers at once", async () => {
    const counts = await Promise.all([
      allRows(engine, { where: "store = 2" }),
      allRows(engine, { where: "store = 5" }),
      engine.count({ where: "store = 2" }),
      engine.count({ where: "store = 5" }),
    ]);
    expect([counts[0].length, counts[1].length]).toEqual(counts.slice(2));
  });
});

describe("batches", () => {
  it("leave out rows without a complete key and count them", async () => {
    const engine = engineForSql(
      `select case when i % 5 = 0 then null else i % 3 end as k, case when i % 7 = 0 then null else 'x' end as l, i as y
       from range(10000) t(i)`,
      { scenarioKey: ["k", "l"] },
    );
    const { batches, nullKeyRows } = await allBatches(engine, { targetRows: 100 });
    const rows = batches.reduce((sum, { table }) => sum + table.numRows, 0);
    expect(rows + nullKeyRows).toBe(10_000);
    expect(nullKeyRows).toBe(
      Array.from({ length: 10_000 }, (_, i) => i).filter((i) => i % 5 === 0 || i % 7 === 0).length,
    );
    expect(batches.flatMap(({ scenarios }) => scenarios.map(({ id }) => id))).toEqual([
      "k=0/l=x",
      "k=1/l=x",
      "k=2/l=x",
    ]);
  });

  it("give the rows of the same time in one order, however they are stored", async () => {
    const rows = (order: string) =>
      allRows(
        engineForSql(`select i % 3 as k, i % 5 as t, i as y from range(20000) t(i) order by ${order}`, { time: "t" }),
      );
    expect(await rows("hash(i)")).toEqual(await rows("-i"));
  });

  it("hold a scenario that is far larger than a batch in one piece", async () => {
    const engine = engineForSql("select (i >= 60000)::int as k, i as y from range(60003) t(i)");
    const { batches } = await allBatches(engine, { targetRows: 1_000 });
    expect(batches.flatMap(({ scenarios }) => scenarios.map(({ numRows }) => numRows))).toEqual([60_000, 3]);
  });

  it("stop the query when the reader has seen enough", async () => {
    const engine = engineForSql("select i // 10 as k, i as y from range(3000000) t(i)");
    for await (const { scenarios } of engine.batches({ targetRows: 10 })) {
      expect(scenarios[0].id).toBe("k=0");
      break;
    }
    expect(await engine.count({ where: "k = 7" })).toBe(10);
  });

  it("fail with ABORTED when the signal says so, before and in the middle", async () => {
    const engine = engineForSql("select i // 10 as k, i as y from range(3000000) t(i)");
    const reason = new Error("the user pressed Ctrl-C");
    const before = await errorOf(allBatches(engine, { signal: AbortSignal.abort(reason) }));
    expect(before).toMatchObject({ name: "DataError", code: "ABORTED", cause: reason });
    const controller = new AbortController();
    const middle = (async () => {
      for await (const _ of engine.batches({ targetRows: 10, signal: controller.signal })) controller.abort(reason);
    })();
    expect(await errorOf(middle)).toMatchObject({ name: "DataError", code: "ABORTED", cause: reason });
    expect(await engine.count({ where: "k = 7" })).toBe(10);
  });

  it("fail with ABORTED when the engine is disposed under them, and with ENGINE afterwards", async () => {
    const engine = engineForSql("select i // 10 as k, i as y from range(3000000) t(i)");
    const iterator = engine.batches({ targetRows: 10 })[Symbol.asyncIterator]();
    await iterator.next();
    const running = errorOf(engine.count({ where: "sqrt(y) + sin(y) > 3 and md5(y::varchar) > 'b'" }));
    await new Promise((resolve) => setImmediate(resolve));
    await engine.dispose();
    expect(await errorOf(iterator.next())).toMatchObject({ code: "ABORTED" });
    expect(await running).toMatchObject({ name: "DataError" });
    expect(await errorOf(engine.count())).toMatchObject({ code: "ENGINE" });
    await engine.dispose();
  });

  it("say so when the master table is empty, and when all its keys are missing", async () => {
    const empty = await errorOf(allBatches(engineForSql("select 1 as k, 2 as y where false")));
    expect(empty).toBeInstanceOf(DataError);
    expect(empty).toMatchObject({
      code: "EMPTY",
      message: expect.stringMatching(/TestData.trainingMaster\(\) has no rows/),
    });
    const keyless = await errorOf(allBatches(engineForSql("select null::int as k, 2 as y from range(3)")));
    expect(keyless).toMatchObject({
      code: "EMPTY",
      message: expect.stringMatching(/has 3 rows, but in all of them .*\(k\) is missing/),
    });
  });

  it("read text of any length from wherever DuckDB keeps it", async () => {
    const text = "repeat(chr(97 + (i % 26)::int), (hash(i) % (case when i % 50 = 0 then 9000 else 40 end))::int)";
    const select = `select i % 3 as k, hash(i) % 10007 as t, i as y, case when i % 9 = 0 then null else ${text} end as s from range(20000) t(i)`;
    const engine = engineForSql(select, { time: "t" });
    const hash = createHash("md5");
    for (const { s } of await allRows(engine, { targetRows: 3_000 })) hash.update(`${s}|`);
    const order = "k, t, hash(k, t, y, s)";
    const converted = `select k, t::decimal(38, 0) as t, y, s from (${select})`;
    const [{ md5 }] = await runSql([
      `select md5(string_agg(coalesce(s, 'null') || '|', '' order by ${order})) as md5 from (${converted})`,
    ]);
    expect(hash.digest("hex")).toBe(md5);
  });

  it("spill to disk under a small memory limit instead of failing", async () => {
    const data = describe1({
      trainingMaster: sql`select hash(i) % 1000 as k, md5(i::varchar) as s, i as y from range(400000) t(i)`,
    });
    const engine = engineFor(data, temporaryFolder(), { memoryLimit: "60MB", threads: 2 });
    let rows = 0;
    for await (const { scenarios } of engine.batches()) for (const { numRows } of scenarios) rows += numRows;
    expect(rows).toBe(400_000);
  });

  it("agree with DuckDB's own reader for any types, nulls and sizes", async () => {
    const text = fc.oneof(
      fc.constantFrom("", "a", "exactly 12 by", "twelve bytes", "thirteen byte"),
      fc.string({ unit: "grapheme" }),
    );
    const row = fc.record({
      k: fc.nat(5),
      t: fc.nat(3),
      d: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      b: fc.option(fc.boolean()),
      s: fc.option(text),
      i: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        async (rows, targetRows) => {
          const folder = temporaryFolder();
          const values = rows.map(({ k, t, d, b, s, i }, n) => {
            const quoted = s === null ? "null" : `'${s.replaceAll("\0", "").replaceAll("'", "''")}'`;
            return `(${k}, ${t}, ${n}, ${d}::double, ${b}::boolean, ${quoted}, ${i === null ? "null" : `'${i}'`}::bigint, (${n} % 100 / 7)::decimal(4, 2), ${n % 3 === 0 ? "null" : n}::decimal(30, 3))`;
          });
          const select = `select * from '${folder}/x.parquet' order by k, t, n`;
          const expected = await runSql([
            `copy (select * from (values ${values.join(", ")}) v(k, t, n, d, b, s, i, m, l)) to '${folder}/x.parquet'`,
            `select * replace (i::varchar as i, m::double as m, l::double as l) from (${select})`,
          ]);
          const data = describe1({
            streams: { x: parquet("x.parquet") },
            trainingMaster: sql`select * from x`,
            time: "t",
            target: "d",
          });
          const engine = engineFor(data, folder, { threads: 1 });
          const { batches } = await allBatches(engine, { targetRows });
          await engine.dispose();
          const read = batches.flatMap(({ table }) => Array.from({ length: table.numRows }, (_, at) => table.row(at)));
          const byRow = (a: Record<string, unknown>, b: Record<string, unknown>) => Number(a.n) - Number(b.n);
          const wanted = expected.map((one) => ({ ...one, i: one.i === null ? null : Number(one.i) }));
          expect(read.sort(byRow)).toEqual(wanted.sort(byRow));
          const keys = batches.flatMap(({ scenarios }) => scenarios.map(({ key }) => key.k));
          expect(keys).toEqual([...new Set(rows.map(({ k }) => k))].sort());
        },
      ),
      { numRuns: 25 },
    );
  });
});
