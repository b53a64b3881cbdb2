import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sql } from "../../../../runner/data/sql.ts";
import { csv } from "../../../../runner/data/streams.ts";
import { listSnapshots, openSnapshot } from "../../../../runner/engines/snapshot.ts";
import {
  allBatches,
  allRows,
  allSummaries,
  describe1,
  engineFor,
  engineForSql,
  errorOf,
  orangeJuiceDir,
  runSql,
  SalesData,
  temporaryFolder,
  write,
} from "./project.ts";

describe("snapshots", () => {
  it("hold the master table's rows, sorted, and say what they are", async () => {
    const dir = temporaryFolder();
    const engine = engineFor(new SalesData(), orangeJuiceDir);
    const snapshot = await engine.snapshot({ dir });
    const { manifest, path } = snapshot;
    expect(path).toBe(join(dir, snapshot.id, "master.parquet"));
    expect(manifest).toMatchObject({
      id: snapshot.id,
      rows: 106_139,
      set: "training",
      sql: new SalesData().trainingMaster(),
    });
    expect(manifest.sha256).toBe(createHash("sha256").update(readFileSync(path)).digest("hex"));
    expect(manifest.schema).toEqual((await engine.schema()).map(({ name, sqlType }) => ({ name, sqlType })));
    expect(
      await runSql([`select count(*)::int as n, count(distinct (store, brand))::int as s from '${path}'`]),
    ).toEqual([{ n: 106_139, s: 913 }]);
    expect(readdirSync(dir)).toEqual([snapshot.id]);
    expect(await openSnapshot(dir, snapshot.id.slice(0, 6))).toEqual(snapshot);
  });

  it("can be read instead of the master's SQL, with the same rows", async () => {
    const folder = temporaryFolder();
    write(folder, "x.csv", "k,y,w\na,1,1.5\nb,2,\na,3,2.5\n");
    const data = describe1({
      streams: { x: csv("x.csv") },
      trainingMaster: sql`select * from x`,
      time: "y",
      target: "w",
    });
    const engine = engineFor(data, folder);
    const before = await allRows(engine);
    const snapshot = await engine.snapshot({ dir: join(folder, "snapshots") });
    write(folder, "x.csv", "k,y,w\nc,9,9.5\n");
    expect(await allRows(engine, { snapshot })).toEqual(before);
    expect((await allRows(engine)).map(({ k }) => k)).toEqual(["c"]);
    expect((await allSummaries(engine, { snapshot })).summaries.map(({ id }) => id)).toEqual(["k=a", "k=b"]);
    expect(await engine.count({ snapshot, where: "y > 1" })).toBe(2);
    expect(await allRows(engine, { snapshot, scenarios: [{ k: "b" }] })).toEqual([{ k: "b", y: 2, w: null }]);
  });

  it("keep every type's keys, converted types among them", async () => {
    const text = `select 'b'::enum('b', 'a') as k, 3::hugeint as h, 1.50::decimal(4, 2) as d, timestamptz '2024-01-01 00:00:00+02' as t,
                         uuid '12345678-1234-1234-1234-123456789abc' as u, 2::utinyint as y`;
    const engine = engineForSql(text, { scenarioKey: ["k", "h", "d", "u"], time: "t" });
    const snapshot = await engine.snapshot({ dir: temporaryFolder() });
    expect((await allBatches(engine, { snapshot })).batches).toEqual((await allBatches(engine)).batches);
  });

  it("have the same id for the same rows, in whatever order they come, and another for others", async () => {
    const dir = temporaryFolder();
    const rows = (order: string) =>
      `select i % 7 as k, i % 3 as t, (i % 11)::varchar as s, i as y from range(300000) t(i) order by ${order}`;
    const ids: string[] = [];
    for (const order of ["i", "hash(i)", "-i"]) {
      ids.push((await engineForSql(rows(order), { time: "t" }).snapshot({ dir })).id);
    }
    expect(new Set(ids).size).toBe(1);
    const other = await engineForSql(`${rows("i")} limit 299999`, { time: "t" }).snapshot({ dir });
    expect(other.id).not.toBe(ids[0]);
    expect((await listSnapshots(dir)).map(({ id }) => id).sort()).toEqual([ids[0], other.id].sort());
  });

  it("are kept when the same rows are written again, with their first date", async () => {
    const dir = temporaryFolder();
    const engine = engineForSql("select 1 as k, 2 as y");
    const first = await engine.snapshot({ dir });
    expect(await engine.snapshot({ dir })).toEqual(first);
  });

  it("leave out rows without a key, and refuse to hold none", async () => {
    const dir = temporaryFolder();
    const snapshot = await engineForSql("select * from (values (1, 2), (null, 3)) t(k, y)").snapshot({ dir });
    expect(snapshot.manifest.rows).toBe(1);
    expect(await errorOf(engineForSql("select null::int as k, 2 as y").snapshot({ dir }))).toMatchObject({
      code: "EMPTY",
    });
    expect(readdirSync(dir)).toEqual([snapshot.id]);
  });

  it("leave nothing behind when they are interrupted or fail", async () => {
    const dir = temporaryFolder();
    const controller = new AbortController();
    const slow = engineForSql("select i as k, md5(i::varchar) as y from range(3000000) t(i)");
    await slow.schema();
    const interrupted = errorOf(slow.snapshot({ dir, signal: controller.signal }));
    setImmediate(() => controller.abort());
    expect(await interrupted).toMatchObject({ code: "ABORTED" });
    const failing = engineForSql(
      "select i as k, (case when i = 99999 then 'x' else '1' end)::int as y from range(100000) t(i)",
    );
    expect(await errorOf(failing.snapshot({ dir }))).toMatchObject({ code: "SQL" });
    expect(readdirSync(dir)).toEqual([]);
  });

  it("are not found, or found damaged, with a word about what to do", async () => {
    const dir = temporaryFolder();
    expect(await errorOf(openSnapshot(join(dir, "nosuch"), "12"))).toMatchObject({
      code: "SNAPSHOT_NOT_FOUND",
      message: expect.stringContaining("make one with `scenario snapshot`"),
    });
    const { id, path } = await engineForSql("select 1 as k, 2 as y").snapshot({ dir });
    await engineForSql("select 2 as k, 2 as y").snapshot({ dir });
    expect(await errorOf(openSnapshot(dir, "x"))).toMatchObject({
      code: "SNAPSHOT_NOT_FOUND",
      message: expect.stringContaining(id),
    });
    expect(await errorOf(openSnapshot(dir, ""))).toMatchObject({ code: "SNAPSHOT_NOT_FOUND" });
    appendFileSync(path, "x");
    expect(await errorOf(openSnapshot(dir, id))).toMatchObject({
      code: "SNAPSHOT_DAMAGED",
      message: expect.stringMatching(/bytes/),
    });
    writeFileSync(join(dir, id, "snapshot.json"), "{}");
    expect(await errorOf(openSnapshot(dir, id))).toMatchObject({ code: "SNAPSHOT_DAMAGED" });
    writeFileSync(join(dir, id, "snapshot.json"), "{");
    expect(await errorOf(openSnapshot(dir, id))).toMatchObject({ code: "SNAPSHOT_DAMAGED" });
    expect((await listSnapshots(dir)).length).toBe(1);
    expect((await engineForSql("select 1 as k, 2 as y").snapshot({ dir })).id).toBe(id); // made again
    expect((await listSnapshots(dir)).length).toBe(2);
  });

  it("say so when their folder can't be written", async () => {
    const file = write(temporaryFolder(), "file", "in the way");
    chmodSync(file, 0o444);
    const error = await errorOf(engineForSql("select 1 as k, 2 as y").snapshot({ dir: join(file, "snapshots") }));
    expect(error).toMatchObject({ code: "DISK", message: expect.stringContaining("can't be written") });
  });
});
