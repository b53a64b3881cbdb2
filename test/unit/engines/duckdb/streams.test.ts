import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type SqlQuery, sql } from "../../../../runner/data/sql.ts";
import { type CsvOptions, csv, parquet, query, type StreamSpec, table } from "../../../../runner/data/streams.ts";
import type { Engine } from "../../../../runner/engines/engine.ts";
import {
  allRows,
  describe1,
  engineFor,
  errorOf,
  orangeJuiceDir,
  runSql,
  SalesData,
  temporaryFolder,
  write,
} from "./project.ts";

function engineOver(
  folder: string,
  streams: Record<string, StreamSpec>,
  master: SqlQuery = sql`select * from s`,
): Engine {
  return engineFor(describe1({ streams, trainingMaster: master }), folder);
}

async function writeParquet(folder: string, name: string, select: string): Promise<string> {
  const path = write(folder, name, "");
  await runSql([`copy (${select}) to '${path.replaceAll("'", "''")}' (format parquet)`]);
  return path;
}

describe("streams", () => {
  it("are described with their files, columns and rows", async () => {
    const streams = await engineFor(new SalesData(), orangeJuiceDir).describeStreams();
    expect(streams.map(({ name, numRows, files }) => ({ name, numRows, files }))).toEqual([
      { name: "sales", numRows: 106_139, files: [join(orangeJuiceDir, "data/sales.parquet")] },
      { name: "stores", numRows: 83, files: [join(orangeJuiceDir, "data/stores.csv")] },
    ]);
    expect(streams[1].columns.slice(0, 2)).toEqual([
      { name: "store", sqlType: "BIGINT" },
      { name: "age60", sqlType: "DOUBLE" },
    ]);
  });

  it("may be globs and folders, also where the project's own path looks like a pattern", async () => {
    const folder = join(temporaryFolder(), "a [1] *?'s", "project");
    await writeParquet(folder, "data/2023/a.parquet", "select 1 as k, 10 as y");
    await writeParquet(folder, "data/2024/b*.parquet", "select 2 as k, 20 as y");
    write(folder, "data/notes.txt", "not data");
    write(folder, "lists/x.csv", "k,y\n3,30\n");
    write(folder, "lists/deep/y.csv", "k,y\n4,40\n");
    const keys = async (spec: StreamSpec) => (await allRows(engineOver(folder, { s: spec }))).map(({ k }) => k);
    expect(await keys(parquet("data/*/*.parquet"))).toEqual([1, 2]);
    expect(await keys(parquet("data/2023/?.parquet"))).toEqual([1]);
    expect(await keys(parquet("data"))).toEqual([1, 2]);
    expect(await keys(parquet(join(folder, "data/2024/b*.parquet")))).toEqual([2]);
    expect(await keys(csv("lists"))).toEqual([3, 4]);
    expect(await keys(csv("lists/**/*.csv"))).toEqual([3, 4]);
    expect(await keys(csv("lists/x.csv"))).toEqual([3]);
  });

  it("may be queries over the streams before them, with values bound", async () => {
    const folder = temporaryFolder();
    write(folder, "x.csv", "k,y\n1,10\n2,20\n3,30\n");
    const streams = {
      all: csv("x.csv"),
      late: query(sql`select * from "all" where k >= ${2} -- and a comment`),
      "odd name": query(sql`select *, ${"it's"} as note from late`),
    };
    const rows = await allRows(engineOver(folder, streams, sql`select * from "odd name" where y < ${30}`));
    expect(rows).toEqual([{ k: 2, y: 20, note: "it's" }]);
  });

  it("may be tables of a database file, which is not written to", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "my shop.db");
    await runSql(
      [
        "create schema sales",
        "create table sales.weekly as select 1 as k, 2 as y",
        "create table s as select 3 as k, 4 as y",
      ],
      path,
    );
    const before = readFileSync(path);
    const data = describe1({
      streams: { s: table("s"), weekly: table("sales.weekly"), full: table("my shop.main.s") },
      trainingMaster: sql`select * from s union all select * from weekly union all select k + 10, y from "full"`,
    });
    const engine = engineFor(data, folder, { database: "my shop.db" });
    expect((await allRows(engine)).map(({ k }) => k)).toEqual([1, 3, 13]);
    await engine.dispose();
    expect(readFileSync(path).equals(before)).toBe(true);
    const missing = engineFor(data, folder, { database: "no shop.db" });
    expect(await errorOf(missing.count())).toMatchObject({
      code: "STREAM_NOT_FOUND",
      message: expect.stringContaining("no shop.db"),
    });
    const without = await errorOf(engineFor(data, folder).count());
    expect(without).toMatchObject({
      code: "STREAM_NOT_FOUND",
      place: { stream: "s" },
      message: expect.stringMatching(/duckdb\({ database }\)/),
    });
  });

  it.each<[string, CsvOptions, string, Record<string, unknown>]>([
    ["other delimiters", { delimiter: ";" }, "k;y\n1;2\n", { k: 1, y: 2 }],
    ["no header", { header: false, types: { column0: "varchar" } }, "1,2\n", { k: "1", y: 2 }],
    ["text for missing", { nullText: "NA" }, "k,y\n1,NA\n1,\n", { k: 1, y: null }],
    ["decimal commas", { delimiter: ";", decimalSeparator: "," }, "k;y\n1;2,5\n", { k: 1, y: 2.5 }],
    ["own dates", { dateFormat: "%d.%m.%Y" }, "k,y\n31.01.2024,1\n", { k: "2024-01-31", y: 1 }],
    ["quotes", { quote: "'" }, "k,y\n'a,b',1\n", { k: "a,b", y: 1 }],
    ["set types", { types: { k: "varchar" } }, "k,y\n007,1\n", { k: "007", y: 1 }],
  ])("may be CSV with %s", async (_, options, text, row) => {
    const folder = temporaryFolder();
    write(folder, "x.csv", text);
    const master = options.header === false ? sql`select column0 as k, column1 as y from s` : sql`select * from s`;
    expect((await allRows(engineOver(folder, { s: csv("x.csv", options) }, master)))[0]).toEqual(row);
  });

  it("find files that the user's own SQL names relative to the project", async () => {
    const folder = temporaryFolder();
    write(folder, "extra.csv", "k,y\n5,6\n");
    expect(await allRows(engineOver(folder, {}, sql`select * from 'extra.csv'`))).toEqual([{ k: 5, y: 6 }]);
  });
});

describe("bad streams are refused before anything is read:", () => {
  it.each<[string, StreamSpec, RegExp]>([
    [
      "a missing file",
      parquet("data/nosuch.parquet"),
      /stream "s": there is no file or folder .*data\/nosuch\.parquet/,
    ],
    ["a glob that matches nothing", csv("data/*.csv"), /stream "s": no file matches .*data\/\*\.csv/],
    ["a folder without such files", parquet("."), /stream "s": the folder .* holds no \.parquet file/],
  ])("%s", async (_, spec, message) => {
    const folder = temporaryFolder();
    write(folder, "readme.txt", "nothing here");
    for (const call of ["schema", "count", "describeStreams"] as const) {
      const error = await errorOf(engineOver(folder, { s: spec })[call]());
      expect(error).toMatchObject({ name: "DataError", code: "STREAM_NOT_FOUND", place: { stream: "s" } });
      expect(String(error)).toMatch(message);
    }
  });

  it("a stream name that is not declared", async () => {
    const engine = engineFor(
      describe1({ streams: { sales: query(sql`select 1 as k`) }, trainingMaster: sql`select *\nfrom salez` }),
    );
    const error = await errorOf(engine.schema());
    expect(error).toMatchObject({
      code: "STREAM_NOT_FOUND",
      place: { stream: "salez", query: "trainingMaster()", line: 2, character: 6 },
    });
    expect(String(error)).toMatch(
      /TestData\.trainingMaster\(\) \(line 2, character 6\) reads "salez", which is not a stream; the streams are sales/,
    );
  });

  describe("files that are damaged", () => {
    const folder = temporaryFolder();
    let whole: Buffer;
    beforeAll(async () => {
      whole = readFileSync(
        await writeParquet(folder, "good/a.parquet", "select i as k, random() as y from range(5000) t(i)"),
      );
    });

    it.each<[string, () => Uint8Array]>([
      ["truncated", () => whole.subarray(0, whole.length / 2)],
      ["empty", () => new Uint8Array(0)],
      ["no Parquet at all", () => new TextEncoder().encode("k,y\n1,2\n".repeat(10))],
    ])("a Parquet file that is %s", async (name, content) => {
      const bad = write(folder, `${name}/b.parquet`, content());
      write(folder, `${name}/a.parquet`, whole);
      const error = await errorOf(engineOver(folder, { s: parquet(name) }).schema());
      expect(error).toMatchObject({ code: "DAMAGED_FILE", place: { stream: "s", file: bad } });
      expect(String(error)).toMatch(/stream "s": .*b\.parquet can't be read/);
    });

    it("a Parquet file with damaged pages, when they are read", async () => {
      const content = Uint8Array.from(whole);
      content.fill(0xff, 4, 2_000);
      const bad = write(folder, "pages/b.parquet", content);
      const error = await errorOf(allRows(engineOver(folder, { s: parquet(bad) })));
      expect(error).toMatchObject({ name: "DataError", code: "DAMAGED_FILE" });
      expect(String(error)).toContain("b.parquet");
    });

    it("a CSV file with a value of another type after the rows that types are detected from", async () => {
      const bad = write(folder, "late.csv", `k,y\n${"1,2\n".repeat(30_000)}oops,2\n`);
      const error = await errorOf(allRows(engineOver(folder, { s: csv("late.csv") })));
      expect(error).toMatchObject({ code: "DAMAGED_FILE", place: { stream: "s", file: bad } });
      expect(String(error)).toMatch(/oops/);
    });
  });

  it("a column whose type changes between Parquet files, naming both files and types", async () => {
    const folder = temporaryFolder();
    const first = await writeParquet(folder, "d/a.parquet", "select 1 as k, 2.5::double as y");
    const second = await writeParquet(folder, "d/b.parquet", "select 1 as k, 'two' as y");
    const error = await errorOf(engineOver(folder, { s: parquet("d/*.parquet") }).schema());
    expect(error).toMatchObject({ code: "CHANGED_SCHEMA", place: { stream: "s", column: "y", file: second } });
    expect(String(error)).toContain(`stream "s": column "y" is DOUBLE in ${first} but VARCHAR in ${second}`);
  });

  it("a column that only some files have", async () => {
    const folder = temporaryFolder();
    await writeParquet(folder, "more/a.parquet", "select 1 as k, 2 as y");
    await writeParquet(folder, "more/b.parquet", "select 1 as k, 2 as y, 3 as z");
    await writeParquet(folder, "less/a.parquet", "select 1 as k, 2 as y");
    await writeParquet(folder, "less/b.parquet", "select 1 as k");
    const more = await errorOf(engineOver(folder, { s: parquet("more") }).schema());
    expect(String(more)).toMatch(/column "z" is in .*b\.parquet but not in .*a\.parquet/);
    const less = await errorOf(engineOver(folder, { s: parquet("less") }).schema());
    expect(String(less)).toMatch(/column "y" is in .*a\.parquet but not in .*b\.parquet/);
  });

  it("a column whose type changes between CSV files, but not integers beside doubles", async () => {
    const folder = temporaryFolder();
    write(folder, "n/a.csv", "k,y\n1,2\n");
    write(folder, "n/b.csv", "k,y\n1,2.5\n");
    expect((await allRows(engineOver(folder, { s: csv("n") }))).map(({ y }) => y).sort()).toEqual([2, 2.5]);
    write(folder, "n/c.csv", "k,y\n1,unknown\n");
    const error = await errorOf(engineOver(folder, { s: csv("n") }).schema());
    expect(error).toMatchObject({ code: "CHANGED_SCHEMA", place: { column: "y" } });
    expect(String(error)).toMatch(/column "y" is BIGINT in .*a\.csv but VARCHAR in .*c\.csv/);
  });
});
