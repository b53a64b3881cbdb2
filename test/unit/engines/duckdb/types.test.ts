import { describe, expect, it } from "vitest";
import { parseScenarioKey } from "../../../../runner/data/scenario.ts";
import { UnsupportedTypeError } from "../../../../runner/table/unsupported-type-error.ts";
import { allBatches, allRows, allSummaries, engineForSql, errorOf } from "./project.ts";

describe("columns of the master table", () => {
  it.each<[string, unknown]>([
    ["127::tinyint", 127],
    ["(-32768)::smallint", -32768],
    ["255::utinyint", 255],
    ["65535::usmallint", 65535],
    ["4294967295::uinteger", 4294967295],
    ["9223372036854775807::bigint", 2 ** 63],
    ["18446744073709551615::ubigint", 2 ** 64],
    ["sum(3)", 3],
    ["170141183460469231731687303715884105::hugeint", Number("170141183460469231731687303715884105")],
    ["0.1::float", Math.fround(0.1)],
    ["'nan'::double", null],
    ["'inf'::double", Infinity],
    ["'-inf'::float", -Infinity],
    ["1.25::decimal(4, 2)", 1.25],
    ["-12345.678::decimal(9, 3)", -12345.678],
    ["123456789012.5::decimal(18, 1)", 123456789012.5],
    ["-12345678901234567890.123::decimal(38, 3)", Number("-12345678901234567890.123")],
    ["true", true],
    ["'text'", "text"],
    ["'text of more than twelve bytes, ü'", "text of more than twelve bytes, ü"],
    ["'b'::enum('a', 'b')", "b"],
    ["uuid '12345678-1234-1234-1234-123456789abc'", "12345678-1234-1234-1234-123456789abc"],
    ["'{\"a\": 1}'::json", '{"a": 1}'],
    ["date '1969-12-31'", "1969-12-31"],
    ["'infinity'::date", "infinity"],
    ["timestamp '2024-02-29 12:34:56.789'", "2024-02-29T12:34:56.789Z"],
    ["timestamptz '2024-02-29 12:34:56.789+02'", "2024-02-29T10:34:56.789Z"],
    ["timestamp '2024-02-29 12:34:56' at time zone 'America/New_York'", "2024-02-29T17:34:56.000Z"],
    ["'2024-02-29 12:34:56'::timestamp_s", "2024-02-29T12:34:56.000Z"],
    ["'2024-02-29 12:34:56.789'::timestamp_ms", "2024-02-29T12:34:56.789Z"],
    ["'2024-02-29 12:34:56.789'::timestamp_ns", "2024-02-29T12:34:56.789Z"],
    ["null", null],
  ])("may be %s", async (expression, value) => {
    const text = `select 1 as k, 2 as y, ${expression} as x union all select 1, 3, null order by y`;
    expect((await allRows(engineForSql(text, { time: "y", target: "x" }))).map(({ x }) => x)).toEqual([value, null]);
  });

  it.each<[string, string, RegExp]>([
    ["[1, 2]", "INTEGER[]", /unnest it, aggregate it/],
    ["[1, 2]::integer[2]", "INTEGER[2]", /unnest it, aggregate it/],
    ["[{'a': 1}]", 'STRUCT("a" INTEGER)[]', /unnest it/],
    ["{'a': 1}", 'STRUCT("a" INTEGER)', /select its fields/],
    ["map {'a': 1}", "MAP(VARCHAR, INTEGER)", /select its entries/],
    ["'x'::blob", "BLOB", /cast it or leave it out/],
    ["'101'::bit", "BIT", /cast it or leave it out/],
    ["time '10:00'", "TIME", /epoch/],
    ["interval 1 day", "INTERVAL", /epoch/],
  ])("are refused by name where they are %s", async (expression, type, advice) => {
    const error = await errorOf(engineForSql(`select 1 as k, 2 as y, ${expression} as baskets`).schema());
    expect(error).toBeInstanceOf(UnsupportedTypeError);
    expect(error).toMatchObject({ column: "baskets", type });
    expect(String(error)).toMatch(advice);
    expect(String(error)).toContain("in TestData.trainingMaster()");
  });
});

describe("keys of the master table", () => {
  it.each<[string, string | number | boolean]>([
    ["(-128)::tinyint", -128],
    ["9007199254740993", "9007199254740993"],
    ["18446744073709551615::ubigint", "18446744073709551615"],
    ["sum(3)", "3"],
    ["1.50::decimal(4, 2)", "1.5"],
    ["-0.10::decimal(38, 20)", "-0.1"],
    ["0.1::double", 0.1],
    ["0.1::float", Math.fround(0.1)],
    ["1e300::double", 1e300],
    ["-0.0::double", 0],
    ["'nan'::double", "NaN"],
    ["'-inf'::double", "-Infinity"],
    ["true", true],
    ["''", ""],
    ["' it''s \"quoted\"/%=, \\ \n😀é '", ' it\'s "quoted"/%=, \\ \n😀é '],
    ["'null'", "null"],
    ["'b'::enum('b', 'a')", "b"],
    ["uuid '12345678-1234-1234-1234-123456789abc'", "12345678-1234-1234-1234-123456789abc"],
    ["date '0001-01-01'", "0001-01-01"],
    ["date '12024-02-29'", "12024-02-29"],
    ["'infinity'::date", "infinity"],
    ["timestamp '1969-12-31 23:59:59.999999'", "1969-12-31T23:59:59.999999"],
    ["timestamptz '2024-01-01 00:00:00+02'", "2023-12-31T22:00:00Z"],
    ["'2024-01-01 00:00:00.123456789'::timestamp_ns", "2024-01-01T00:00:00.123456789"],
    ["'2024-01-01 00:00:07'::timestamp_s", "2024-01-01T00:00:07"],
  ])("may be %s; such a scenario is found again by its key and by its id", async (expression, value) => {
    const engine = engineForSql(`select ${expression} as k, 2 as y union all select null, 3`);
    const { batches, nullKeyRows } = await allBatches(engine);
    expect(nullKeyRows).toBe(1);
    const [{ id, key }] = batches[0].scenarios;
    expect(key).toEqual({ k: value });
    expect((await allSummaries(engine)).summaries.map((one) => one.id)).toEqual([id]);
    const scenarios = [{ k: value }];
    expect((await allRows(engine, { scenarios })).length).toBe(1);
    expect((await allRows(engine, { scenarios: [...scenarios, ...scenarios] })).length).toBe(1);
    const columns = (await engine.schema())
      .filter(({ name }) => name === "k")
      .map(({ name, keyType }) => ({ name, type: keyType }));
    if (!["12024-02-29", "infinity"].includes(String(value)))
      expect(parseScenarioKey(id, columns)).toEqual({ k: value });
  });

  it("may have several columns of different types", async () => {
    const engine = engineForSql(
      `select * from (values ('a', 1, date '2024-01-01', 1), ('a', 1, date '2024-01-02', 2), ('a', 2, date '2024-01-01', 3),
                             ('b', 1, date '2024-01-01', 4), ('a', 1, date '2024-01-01', 5)) t(k, l, m, y)`,
      { scenarioKey: ["m", "k", "l"] },
    );
    const { batches } = await allBatches(engine, { targetRows: 1 });
    expect(batches.flatMap(({ scenarios }) => scenarios.map(({ id, numRows }) => `${id} ${numRows}`))).toEqual([
      "m=2024-01-01/k=a/l=1 2",
      "m=2024-01-01/k=a/l=2 1",
      "m=2024-01-01/k=b/l=1 1",
      "m=2024-01-02/k=a/l=1 1",
    ]);
  });
});
