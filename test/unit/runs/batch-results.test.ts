import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarioId } from "../../../runner/data/scenario.ts";
import type { ScenarioSummary } from "../../../runner/engines/engine.ts";
import { BatchResults } from "../../../runner/runs/batch-results.ts";
import { quantile, summarize } from "../../../runner/runs/batch-summary.ts";
import type { JournalEntry } from "../../../runner/runs/journal.ts";
import { readResults, writeResults } from "../../../runner/runs/results-file.ts";
import { ScenarioIndex } from "../../../runner/runs/scenario-index.ts";

function entry(store: number, more: Partial<JournalEntry> = {}): JournalEntry {
  return {
    type: "scenario",
    id: scenarioId({ store }),
    scenario: { store },
    status: "succeeded",
    runId: `run ${store}`,
    packed: null,
    code: "c0de",
    startTimeMs: 1000,
    endTimeMs: 3000,
    numRows: 10 * store,
    metrics: { mae: store, mae_vs_baseline: 0.5 },
    params: { depth: 3 },
    stages: [{ name: "prepareData", ms: 1.5 }],
    warnings: [],
    digest: "d16e57",
    error: null,
    ...more,
  };
}

const error = { name: "Error", message: "no", stage: "prepareData", stack: "", location: null } as const;
const failed = (store: number) => entry(store, { status: "failed", metrics: {}, digest: null, error });

function results(...entries: JournalEntry[]): BatchResults {
  const all = new BatchResults();
  for (const one of entries) all.add(one);
  return all;
}

describe("results of a batch", () => {
  it("give back what was added", () => {
    const all = results(entry(1), failed(2), entry(3, { metrics: { mae: 7, wape: Number.NaN } }));
    expect(all.size).toBe(3);
    expect(all.numFailed).toBe(1);
    expect(all.metricNames).toEqual(["mae", "mae_vs_baseline", "wape"]);
    expect(all.metrics(2)).toEqual({ mae: 7, mae_vs_baseline: null, wape: null });
    expect(all.texts(1).failure).toEqual(error);
    expect(all.number("num_rows", 2)).toBe(30);
    expect(all.number("ms prepareData", 0)).toBe(1.5);
  });

  it("forget an earlier result of the same scenario, its numbers included", () => {
    const all = results(entry(1, { packed: { offset: 5, bytes: 9 } }), entry(2));
    all.add(failed(1));
    expect([all.size, all.numFailed]).toEqual([2, 1]);
    expect(all.metric("mae", 0)).toBeNaN();
    expect(all.packed(0)).toBeNull();
    all.add(entry(1));
    expect(all.numFailed).toBe(0);
    expect(all.metric("mae", 0)).toBe(1);
  });

  it("are summed up over those that have a metric", () => {
    const { succeeded, failed: count, metrics } = summarize(results(entry(1), entry(2), entry(6), failed(4)));
    expect([succeeded, count]).toEqual([3, 1]);
    expect(metrics["mae/mean"]).toBe(3);
    expect(metrics["mae/median"]).toBe(2);
    expect(metrics["mae/p90"]).toBeCloseTo(5.2, 12);
  });

  it("have NumPy's quantiles", () => {
    const sorted = Float64Array.of(1, 2, 4, 8);
    expect([0, 0.25, 0.5, 0.9, 1].map((share) => quantile(sorted, share).toFixed(12))).toEqual(
      ["1", "1.75", "3", "6.8", "8"].map((text) => Number(text).toFixed(12)),
    );
  });

  it("are the same after a round trip through their file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "results-"));
    try {
      const all = results(entry(1, { packed: { offset: 5, bytes: 9 }, runId: null }), failed(2), entry(3));
      await writeResults(folder, { results: all, journalBytes: 1234 });
      const { results: read, journalBytes } = await readResults(folder);
      expect(journalBytes).toBe(1234);
      expect(read.numFailed).toBe(1);
      for (let place = 0; place < all.size; place++) {
        expect(read.texts(place)).toEqual(all.texts(place));
        expect(read.metrics(place)).toEqual(all.metrics(place));
        expect(read.packed(place)).toEqual(all.packed(place));
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("are read from the journal's start when their file is damaged", async () => {
    const folder = await mkdtemp(join(tmpdir(), "results-"));
    try {
      await writeFile(join(folder, "results.arrow"), "half a file");
      const { results: read, journalBytes } = await readResults(folder);
      expect([read.size, journalBytes]).toEqual([0, 0]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("the index of scenarios", () => {
  const summary = (store: number): ScenarioSummary => ({
    id: scenarioId({ store }),
    key: { store },
    numRows: 100 - store,
    numTargets: null,
    firstTime: 1,
    lastTime: 9,
  });
  const index = new ScenarioIndex([1, 2, 3, 4].map(summary), results(entry(1), failed(2), entry(4)), 0);
  const stores = (filter: string, by: "key" | "rows" | { metric: string }, descending = false) =>
    index
      .view(filter, { by, descending })
      .scenarios(0, 10)
      .map(({ key }) => key.store);

  it("keeps the engine's order, or the reverse", () => {
    expect(stores("", "key")).toEqual([1, 2, 3, 4]);
    expect(stores("", "key", true)).toEqual([4, 3, 2, 1]);
  });

  it("sorts by rows and by metrics, scenarios without the metric last either way", () => {
    expect(stores("", "rows")).toEqual([4, 3, 2, 1]);
    expect(stores("", { metric: "mae" })).toEqual([1, 4, 2, 3]);
    expect(stores("", { metric: "mae" }, true)).toEqual([4, 1, 2, 3]);
  });

  it("filters by status, metric and key", () => {
    expect(stores("untrained", "key")).toEqual([3]);
    expect(stores("failed", "key")).toEqual([2]);
    expect(stores("mae > 2", "key")).toEqual([4]);
    expect(stores("store > 2", "key")).toEqual([3, 4]);
  });

  it("gives pages", () => {
    const view = index.view("", { by: "key", descending: false });
    expect(view.size).toBe(4);
    expect(view.scenarios(2, 1).map(({ key }) => key.store)).toEqual([3]);
    expect(view.scenarios(4, 5)).toEqual([]);
  });
});
