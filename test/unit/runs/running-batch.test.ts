import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ScenarioId } from "../../../runner/data/scenario.ts";
import type { PoolEvent } from "../../../runner/executor/batch.ts";
import { BatchResults } from "../../../runner/runs/batch-results.ts";
import { readBatch } from "../../../runner/runs/batches.ts";
import { Journal } from "../../../runner/runs/journal.ts";
import { ModelPack } from "../../../runner/runs/model-pack.ts";
import { RunningBatch } from "../../../runner/runs/running-batch.ts";
import type { BatchIdentity } from "../../../runner/runs/scenario-record.ts";
import type { RunFinish } from "../../../runner/tracking/run-record.ts";
import type { Tracker } from "../../../runner/tracking/tracker.ts";

const NAME = "20260101-000000-aaaaaa";
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "batch-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A tracker that answers as it is told, and remembers how the parent run ended. */
class TestTracker implements Tracker {
  readonly location = "here";
  readonly finished: RunFinish[] = [];
  readonly #log: (name: string) => Promise<void>;
  constructor(log: (name: string) => Promise<void>) {
    this.#log = log;
  }
  async startRun() {}
  logRun({ runName }: { readonly runName: string }) {
    return this.#log(runName);
  }
  async finishRun(_runId: string, finish: RunFinish) {
    this.finished.push(finish);
  }
  readArtifact(): Promise<Uint8Array> {
    throw new Error("not asked for");
  }
  pending() {
    return 0;
  }
  async flush() {
    return { sent: 0, pending: 0, refused: [] };
  }
  async [Symbol.asyncDispose]() {}
}

const identity = {
  batch: NAME,
  startTimeMs: 1,
  parentRunId: "0".repeat(32),
  childRuns: "all",
  project: { name: "p", data: { horizon: 1 }, seed: 0 },
  code: "c",
  inputs: [],
  dataSource: { type: "sql", source: "{}" },
  tags: {},
} as unknown as BatchIdentity;

function resultOf(shop: number): PoolEvent {
  const failure = { name: "Error", message: "closed", stage: null, stack: "", location: null };
  const scenario = { id: `shop=${shop}` as ScenarioId, key: { shop }, numRows: 1 };
  const times = { startTimeMs: 1, endTimeMs: 2, stages: [], warnings: [] };
  return { type: "result", result: { scenario, ...times, status: "failed", failure } };
}

async function openBatch(tracker: Tracker, numScenarios: number) {
  const journal = await Journal.create(dir, {
    type: "batch",
    batch: NAME,
    kind: "all",
    startTimeMs: 1,
    parentRunId: identity.parentRunId,
    experiment: "e",
    trackingUri: "t",
    where: null,
    snapshot: null,
  });
  const so = { results: new BatchResults(), numScenarios };
  const batch = new RunningBatch(tracker, journal, new ModelPack(journal.folder), identity, so);
  return { batch, journal };
}

describe("a running batch", () => {
  it("yields a result as soon as it is safe, though the next event never comes", async () => {
    const { batch, journal } = await openBatch(new TestTracker(async () => {}), 2);
    await using _ = journal;
    async function* events(): AsyncGenerator<PoolEvent> {
      yield resultOf(1);
      await new Promise(() => {});
    }
    const settled = batch.settle(events());
    expect(await settled.next()).toMatchObject({ value: { type: "result", entry: { id: "shop=1" } } });
    expect((await readBatch(dir, NAME))?.results.size).toBe(1);
  });

  it("fails with the error of a run that can't be logged, and keeps what is safe", async () => {
    const full = new Error("no space");
    const tracker = new TestTracker(async (name) => {
      if (name === "shop=2") throw full;
    });
    const { batch, journal } = await openBatch(tracker, 3);
    await using _ = journal;
    async function* events(): AsyncGenerator<PoolEvent> {
      yield resultOf(1);
      yield resultOf(2);
      await new Promise(() => {});
    }
    const consume = async () => {
      for await (const _event of batch.settle(events()));
    };
    await expect(consume()).rejects.toBe(full);
    await batch.finish(["shop"]);
    expect(tracker.finished.map(({ status }) => status)).toEqual(["KILLED"]);
    const stored = await readBatch(dir, NAME);
    expect([stored?.results.size, stored?.isComplete]).toEqual([1, false]);
  });

  it("yields what was on its way when another run could not be logged", async () => {
    let fail = () => {};
    let succeed = () => {};
    const tracker = new TestTracker((name) => {
      if (name === "shop=1") return new Promise((_, reject) => (fail = () => reject(new Error("no space"))));
      return new Promise((resolve) => (succeed = resolve));
    });
    const { batch, journal } = await openBatch(tracker, 3);
    await using _ = journal;
    async function* events(): AsyncGenerator<PoolEvent> {
      yield resultOf(1);
      yield resultOf(2);
      fail();
      setImmediate(() => succeed());
      await new Promise(() => {});
    }
    const settled = batch.settle(events());
    expect(await settled.next()).toMatchObject({ value: { type: "result", entry: { id: "shop=2" } } });
    await expect(settled.next()).rejects.toThrow("no space");
  });

  it("logs no more than a few runs at a time, and every one", async () => {
    let atOnce = 0;
    let most = 0;
    const tracker = new TestTracker(async () => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
    });
    const { batch, journal } = await openBatch(tracker, 100);
    await using _ = journal;
    async function* events(): AsyncGenerator<PoolEvent> {
      for (let shop = 0; shop < 100; shop++) yield resultOf(shop);
    }
    let results = 0;
    for await (const event of batch.settle(events())) if (event.type === "result") results++;
    await batch.finish(["shop"]);
    expect(results).toBe(100);
    expect(most).toBeLessThanOrEqual(8);
    expect(batch.outcome()).toMatchObject({ isComplete: true, summary: { failed: 100 } });
    expect(tracker.finished.map(({ status }) => status)).toEqual(["FINISHED"]);
  });
});
