import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readExperiments } from "../../../runner/tracking/experiments.ts";
import { FileStore } from "../../../runner/tracking/file-store.ts";
import { lastMetrics, listRuns } from "../../../runner/tracking/list-runs.ts";
import { readRun, readRunHeads } from "../../../runner/tracking/read-runs.ts";
import { runIdOf } from "../../../runner/tracking/run-record.ts";
import { fullRecord, parentRecord, runRecord } from "./run-records.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "read-runs-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A run as MLflow's Python client writes it: YAML, wrapped lines, keys that we don't know. */
const FOREIGN = {
  "7/meta.yaml": `artifact_location: file:///elsewhere/7
creation_time: 1700000000000
experiment_id: '7'
last_update_time: 1700000000000
lifecycle_stage: active
name: 'hand: made'
`,
  "7/0123456789abcdef0123456789abcdef/meta.yaml": `artifact_uri: file:///elsewhere/7/0123456789abcdef0123456789abcdef/artifacts
end_time: null
entry_point_name: ''
experiment_id: '7'
lifecycle_stage: active
run_id: 0123456789abcdef0123456789abcdef
run_name: gifted-ape-1
run_uuid: 0123456789abcdef0123456789abcdef
source_name: ''
source_type: 4
source_version: ''
start_time: 1700000000123
status: 2
tags: []
user_id: me
`,
  "7/0123456789abcdef0123456789abcdef/metrics/loss":
    "1700000000000 0.5 0\n1700000000001 1e-05 1\n1700000000002 nan 2\n",
  "7/0123456789abcdef0123456789abcdef/metrics/deep/er": "1700000000000 -inf 0\nbroken\n",
  "7/0123456789abcdef0123456789abcdef/params/p": "1",
  "7/0123456789abcdef0123456789abcdef/tags/mlflow.note.content": "a\nb",
  "7/0123456789abcdef0123456789abcdef/inputs/x/meta.yaml":
    "source_type: DATASET\nsource_id: d\ndestination_type: RUN\ndestination_id: d\ntags:\n  mlflow.data.context: eval\n",
  "7/datasets/d/meta.yaml":
    'digest: \'1234\'\nname: data\nprofile: null\nschema: \'{"mlflow_colspec": [{"type": "long",\n  "name": "x"}]}\'\nsource: \'{}\'\nsource_type: local\n',
  // None of these is a run.
  "7/notes.txt": "",
  "7/models/m-1/meta.yaml": "model_id: m-1\n",
  "7/ffffffffffffffffffffffffffffffff/meta.yaml": "",
  "7/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee/params/p": "1",
  "7/dddddddddddddddddddddddddddddddd/meta.yaml": "run_id: ../../x\nexperiment_id: '7'\nstart_time: 1\n",
  "7/cccccccccccccccccccccccccccccccc/meta.yaml":
    "run_id: cccccccccccccccccccccccccccccccc\nexperiment_id: '7'\nstart_time: 1\nlifecycle_stage: deleted\n",
  "README.md": "",
  "8/meta.yaml": "}{",
  ".trash/9/meta.yaml": "experiment_id: '9'\nname: gone\n",
};

test("runs that MLflow wrote are read; whatever else lies in the folder is passed over", async () => {
  for (const [path, text] of Object.entries(FOREIGN)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const experiments = await readExperiments(root);
  expect(experiments.map(({ experimentId, name }) => [experimentId, name])).toEqual([["7", "hand: made"]]);
  const heads = await readRunHeads(experiments[0]);
  expect(heads).toHaveLength(1);
  const run = await readRun(heads[0]);
  expect(run).toMatchObject({
    runName: "gifted-ape-1",
    status: "RUNNING",
    startTimeMs: 1700000000123,
    endTimeMs: undefined,
    params: { p: "1" },
    tags: { "mlflow.note.content": "a\nb" },
  });
  expect(run.inputs).toEqual([
    {
      name: "data",
      digest: "1234",
      sourceType: "local",
      source: "{}",
      schema: '{"mlflow_colspec": [{"type": "long", "name": "x"}]}',
      context: "eval",
    },
  ]);
  const points = run.metrics.map(({ key, value, step }) => [key, value, step]);
  expect(points).toHaveLength(4);
  expect(points).toEqual(
    expect.arrayContaining([
      ["loss", 0.5, 0],
      ["loss", 0.00001, 1],
      ["loss", Number.NaN, 2],
      ["deep/er", Number.NEGATIVE_INFINITY, 0],
    ]),
  );
});

test("the last value of a metric is that of the highest step, then time, then value", () => {
  const point = (step: number, timestampMs: number, value: number) => ({ key: "m", step, timestampMs, value });
  expect(lastMetrics([point(1, 5, 0.1), point(0, 9, 0.2)])).toEqual({ m: 0.1 });
  expect(lastMetrics([point(1, 5, 0.1), point(1, 6, 0.05)])).toEqual({ m: 0.05 });
  expect(lastMetrics([point(1, 5, 0.1), point(1, 5, 0.2), point(1, 5, 0)])).toEqual({ m: 0.2 });
});

test("a list has the newest runs first, and only those that are asked for", async () => {
  await using store = await FileStore.open(root);
  const { experimentId } = await store.createOrGetExperiment("demand");
  await store.writeRun(experimentId, parentRecord());
  for (const index of [1, 2, 3]) await store.writeRun(experimentId, fullRecord(index));
  await store.writeRun(experimentId, runRecord({ runId: runIdOf("single"), status: "FAILED", startTimeMs: 5 }));
  const listing = { uri: root, experiment: "demand", projectDir: root, env: {} };
  const names = async (filter: object) => (await listRuns({ ...listing, ...filter })).map((run) => run.runName);
  expect(await names({ parentRunId: runIdOf("batch") })).toEqual([3, 2, 1].map((index) => `store=${index}, brand=ü`));
  expect(await names({ parentRunId: null })).toEqual(["batch", "scenario"]);
  expect(await names({ status: "FAILED" })).toEqual(["scenario"]);
  expect(await names({ parentRunId: runIdOf("batch"), maxResults: 1 })).toEqual(["store=3, brand=ü"]);
  const [newest] = await listRuns({ ...listing, maxResults: 1 });
  expect(newest.metrics).toMatchObject({ wape: 3.25, "backtest/wape": 0.375, mase: Number.POSITIVE_INFINITY });
});

test("an experiment that isn't there is named", async () => {
  const listing = listRuns({ uri: root, experiment: "other", projectDir: root, env: {} });
  await expect(listing).rejects.toMatchObject({ code: "EXPERIMENT_NOT_FOUND" });
});
