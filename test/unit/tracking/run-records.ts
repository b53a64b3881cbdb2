import { type RunRecord, runIdOf } from "../../../runner/tracking/run-record.ts";

export const START_MS = 1_700_000_000_000;

/** A small finished run, with what a test wants different. */
export function runRecord(different: Partial<RunRecord> = {}): RunRecord {
  return {
    runId: runIdOf("batch", "scenario"),
    runName: "scenario",
    status: "FINISHED",
    startTimeMs: START_MS,
    endTimeMs: START_MS + 1000,
    params: {},
    metrics: [],
    tags: {},
    inputs: [],
    artifacts: [],
    ...different,
  };
}

/** A run with something of everything: scenario `index` of a batch. */
export function fullRecord(index: number, batch = "batch"): RunRecord {
  return runRecord({
    runId: runIdOf(batch, `scenario ${index}`),
    runName: `store=${index}, brand=ü`,
    parentRunId: runIdOf(batch),
    startTimeMs: START_MS + index,
    endTimeMs: START_MS + index + 500,
    params: { estimator: "ridge", "tuned/alpha": String(index / 10), empty: "" },
    metrics: [
      { key: "wape", value: 0.25 + index, timestampMs: START_MS + 1, step: 0 },
      { key: "backtest/wape", value: 0.5, timestampMs: START_MS + 1, step: 0 },
      { key: "backtest/wape", value: 0.375, timestampMs: START_MS + 2, step: 1 },
      { key: "mape", value: Number.NaN, timestampMs: START_MS + 1, step: 0 },
      { key: "mase", value: Number.POSITIVE_INFINITY, timestampMs: START_MS + 1, step: 0 },
    ],
    tags: { "mlflow.source.git.commit": "0123abc", note: "two\nlines" },
    inputs: [
      {
        name: "master",
        digest: "d1g357",
        sourceType: "local",
        source: JSON.stringify({ uri: "file:///data/master.parquet" }),
        schema: JSON.stringify({ mlflow_colspec: [{ type: "double", name: "price" }] }),
        context: "training",
      },
    ],
    artifacts: [{ path: "tables/forecast.json", bytes: Buffer.from(`[${index}]`) }],
    model: {
      name: "model",
      files: [{ path: "model.json", bytes: Buffer.from(`{"index":${index}}`) }],
      flavors: { scenario_runner: { data: "model.json" } },
    },
  });
}

/** The running parent of {@link fullRecord}'s runs. */
export function parentRecord(batch = "batch"): RunRecord {
  const { endTimeMs: _, ...running } = runRecord({
    runId: runIdOf(batch),
    runName: batch,
    status: "RUNNING",
    params: { scenarios: "many" },
  });
  return running;
}
