import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lastFullBatch, latestModels, listBatches, readBatch } from "../../../runner/runs/batches.ts";
import {
  type BatchHeader,
  batchFolder,
  Journal,
  type JournalEntry,
  newBatchName,
} from "../../../runner/runs/journal.ts";
import { JournalError } from "../../../runner/runs/journal-error.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "journal-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function headerOf(batch: string, kind: BatchHeader["kind"] = "all"): BatchHeader {
  return {
    type: "batch",
    batch,
    kind,
    startTimeMs: 1,
    parentRunId: null,
    experiment: "e",
    trackingUri: "./mlruns",
    where: null,
    snapshot: null,
  };
}

function entryOf(shop: number, changes: Partial<JournalEntry> = {}): JournalEntry {
  return {
    type: "scenario",
    id: `shop=${shop}`,
    scenario: { shop },
    status: "succeeded",
    runId: "0".repeat(32),
    packed: null,
    code: "c",
    startTimeMs: 1,
    endTimeMs: 2,
    numRows: 3,
    metrics: { mae: 1, r2: "NaN" },
    params: {},
    stages: [],
    warnings: [],
    digest: "d",
    error: null,
    ...changes,
  };
}

const failure = { name: "Error", message: "no", stage: null, stack: "", location: null };
const first = "20260101-000000-aaaaaa";
const second = "20260102-000000-bbbbbb";

describe("a journal", () => {
  it("gives back what was written, the last result of each scenario", async () => {
    await using journal = await Journal.create(dir, headerOf(first));
    await Promise.all([
      journal.write(entryOf(1)),
      journal.write(entryOf(2, { status: "failed", error: failure })),
      journal.write(entryOf(2, { endTimeMs: 9 })),
    ]);
    const batch = await readBatch(dir, first);
    expect(batch).toMatchObject({ header: headerOf(first), isComplete: false });
    expect([batch?.results.size, batch?.results.numFailed]).toEqual([2, 0]);
    await journal.complete(10);
    expect((await readBatch(dir, first))?.isComplete).toBe(true);
  });

  it("loses only the line that a crash cut off, and none that follows", async () => {
    {
      await using journal = await Journal.create(dir, headerOf(first));
      await journal.write(entryOf(1));
    }
    const path = join(batchFolder(dir, first), "journal.ndjson");
    await appendFile(path, JSON.stringify(entryOf(2)).slice(0, -9));
    {
      await using journal = await Journal.reopen(dir, first);
      await journal.write(entryOf(3));
    }
    expect((await readFile(path, "utf8")).endsWith("\n")).toBe(true);
    const results = (await readBatch(dir, first))?.results;
    expect([1, 2, 3].map((shop) => results?.has(`shop=${shop}` as never))).toEqual([true, false, true]);
  });

  it("that can't be written says where and what to do", async () => {
    await appendFile(join(dir, ".scenario"), "a file");
    await expect(Journal.create(dir, headerOf(first))).rejects.toThrow(JournalError);
    await expect(Journal.create(dir, headerOf(first))).rejects.toThrow(/can't be journalled in .*--resume/);
  });

  it("without a header is no batch", async () => {
    await using journal = await Journal.reopen(dir, first);
    await journal.write(entryOf(1));
    expect(await readBatch(dir, first)).toBeNull();
    expect(await readBatch(dir, second)).toBeNull();
  });
});

describe("batches", () => {
  it("are listed newest first; the last over all scenarios is the one to resume", async () => {
    for (const header of [headerOf(first), headerOf(second, "some")]) {
      await using journal = await Journal.create(dir, header);
      await journal.write(entryOf(1));
    }
    expect(await listBatches(dir)).toEqual([second, first]);
    expect((await lastFullBatch(dir))?.header.batch).toBe(first);
  });

  it("give the newest model of each scenario, whatever failed later", async () => {
    {
      await using journal = await Journal.create(dir, headerOf(first));
      await journal.write(entryOf(1, { endTimeMs: 5, runId: "1".repeat(32) }));
      await journal.write(entryOf(2, { endTimeMs: 5, runId: "2".repeat(32) }));
    }
    {
      await using journal = await Journal.create(dir, headerOf(second));
      await journal.write(entryOf(1, { endTimeMs: 9, status: "failed", error: failure, digest: null }));
      await journal.write(entryOf(2, { endTimeMs: 9, runId: null, packed: { offset: 7, bytes: 8 } }));
    }
    const models = [...(await latestModels(dir))].map(([id, { batch, runId, packed }]) => ({
      id,
      batch,
      runId,
      packed,
    }));
    expect(models).toEqual(
      expect.arrayContaining([
        { id: "shop=1", batch: first, runId: "1".repeat(32), packed: null },
        { id: "shop=2", batch: second, runId: null, packed: { offset: 7, bytes: 8 } },
      ]),
    );
  });

  it("have names that sort by time and are never the same", () => {
    const names = Array.from({ length: 50 }, (_, second) => newBatchName(new Date(Date.UTC(2026, 0, 1, 0, 0, second))));
    expect(names.toSorted()).toEqual(names);
    const now = new Date();
    expect(newBatchName(now)).not.toBe(newBatchName(now));
  });
});
