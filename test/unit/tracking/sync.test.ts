import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileStore } from "../../../runner/tracking/file-store.ts";
import { MlflowClient } from "../../../runner/tracking/mlflow-client.ts";
import { runIdOf } from "../../../runner/tracking/run-record.ts";
import { type SyncReport, sync } from "../../../runner/tracking/sync.ts";
import { FakeMlflow } from "./fake-mlflow.ts";
import { fullRecord, parentRecord, runRecord, START_MS } from "./run-records.ts";
import { type Answer, quickConnection, ScriptedServer, type SeenRequest } from "./scripted-server.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "sync-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A batch of two scenarios, one of them registered. */
async function writeBatch(store: FileStore): Promise<string> {
  const { experimentId } = await store.createOrGetExperiment("demand");
  await store.writeRun(experimentId, parentRecord());
  await store.writeRun(experimentId, fullRecord(1));
  const { model, ...second } = fullRecord(2);
  if (model === undefined) throw new Error("no model");
  const register = { name: "demand", aliases: ["champion"] };
  await store.writeRun(experimentId, { ...second, model: { ...model, register } });
  await store.finishRun(experimentId, runIdOf("batch"), {
    status: "FINISHED",
    endTimeMs: START_MS + 5000,
    metrics: [{ key: "wape/mean", value: 0.5, timestampMs: START_MS, step: 0 }],
  });
  return experimentId;
}

/** What must be on the server after all, whatever happened on the way. */
function expectBatchOnce(mlflow: FakeMlflow): void {
  const runs = mlflow.activeRuns;
  const byOurId = new Map(runs.map((run) => [run.tags.get("scenario.runId"), run]));
  expect(runs).toHaveLength(3);
  const parent = byOurId.get(runIdOf("batch"));
  expect(parent?.info).toMatchObject({ status: "FINISHED", end_time: START_MS + 5000 });
  expect(parent?.metrics).toEqual([{ key: "wape/mean", value: 0.5, timestamp: START_MS, step: 0 }]);
  for (const index of [1, 2]) {
    const record = fullRecord(index);
    const run = byOurId.get(record.runId);
    expect(run?.info).toMatchObject({ status: "FINISHED", run_name: record.runName, start_time: record.startTimeMs });
    expect(Object.fromEntries(run?.params ?? [])).toEqual(record.params);
    expect(run?.tags.get("mlflow.parentRunId")).toBe(parent?.info.run_id);
    expect(run?.tags.get("note")).toBe("two\nlines");
    expect(run?.inputs).toHaveLength(1);
    const points = run?.metrics.map((point) => `${point.key} ${point.step} ${point.value}`).sort();
    expect(points).toEqual(record.metrics.map((point) => `${point.key} ${point.step} ${point.value}`).sort());
    const files = [...mlflow.artifacts.keys()].filter((path) => path.includes(`/${run?.info.run_id}/`));
    expect(files).toHaveLength(3);
  }
  const registered = byOurId.get(fullRecord(2).runId);
  expect(mlflow.versions.map(({ name, run_id }) => [name, run_id])).toEqual([["demand", registered?.info.run_id]]);
  expect(mlflow.aliases).toEqual(new Map([["demand@champion", "1"]]));
}

async function syncOnce(store: FileStore, uri: string, maxRetries = 0): Promise<SyncReport> {
  using client = new MlflowClient(quickConnection(uri, { maxRetries, timeoutMs: 2000 }));
  return await sync({ from: store, to: client });
}

test("a batch arrives with everything, and a second sync sends nothing", async () => {
  const mlflow = new FakeMlflow();
  await using server = await ScriptedServer.start(mlflow.answer);
  await using store = await FileStore.open(root);
  await writeBatch(store);
  expect(await syncOnce(store, server.uri)).toEqual({ sent: 3, pending: 0, refused: [] });
  expectBatchOnce(mlflow);
  const before = server.requests.length;
  expect(await syncOnce(store, server.uri)).toEqual({ sent: 0, pending: 0, refused: [] });
  const after = server.requests.slice(before).map(({ method, url }) => `${method} ${url.replace(/\?.*/, "")}`);
  expect(after).toEqual(["GET /api/2.0/mlflow/experiments/get-by-name"]);
});

test.each<[string, boolean, Answer, number]>([
  ["the connection breaks before a request is done", false, "reset", 0],
  ["the connection breaks after a request was done", true, "reset", 0],
  ["an answer is lost and the client tries again", true, "reset", 2],
  ["the server answers 503 and the client tries again", false, { status: 503 }, 2],
])("if %s, each run still arrives once, wherever it happens", async (_, isDone, failure, maxRetries) => {
  for (let faultyRequest = 0; ; faultyRequest++) {
    const mlflow = new FakeMlflow();
    await using server = await ScriptedServer.start((request, index) => {
      if (index !== faultyRequest) return mlflow.answer(request);
      if (isDone) mlflow.answer(request);
      return failure;
    });
    await rm(root, { recursive: true, force: true });
    await using store = await FileStore.open(root);
    await writeBatch(store);
    const first = await syncOnce(store, server.uri, maxRetries);
    const requests = server.requests.length;
    if (first.stopped !== undefined) expect(first.sent + first.pending).toBe(3);
    await syncOnce(store, server.uri, maxRetries);
    expectBatchOnce(mlflow);
    if (requests <= faultyRequest) return;
  }
});

test("without its journal, a folder finds its runs on the server again", async () => {
  const mlflow = new FakeMlflow();
  await using server = await ScriptedServer.start(mlflow.answer);
  await using store = await FileStore.open(root);
  await writeBatch(store);
  await syncOnce(store, server.uri);
  for (const name of await readdir(root)) if (name.endsWith(".jsonl")) await rm(join(root, name));
  await syncOnce(store, server.uri);
  expectBatchOnce(mlflow);
});

test("a server whose database was made anew gets everything again", async () => {
  let mlflow = new FakeMlflow();
  await using server = await ScriptedServer.start((request) => mlflow.answer(request));
  await using store = await FileStore.open(root);
  await writeBatch(store);
  await syncOnce(store, server.uri);
  mlflow = new FakeMlflow();
  mlflow.experiments.set("another", "1");
  expect(await syncOnce(store, server.uri)).toMatchObject({ sent: 3, pending: 0 });
  expectBatchOnce(mlflow);
});

test("syncs that start at once send each run once", async () => {
  const mlflow = new FakeMlflow();
  await using server = await ScriptedServer.start(mlflow.answer);
  await using store = await FileStore.open(root);
  await using other = await FileStore.open(root);
  await writeBatch(store);
  const reports = await Promise.all([store, other, store].map((from) => syncOnce(from, server.uri)));
  expect(reports.map((report) => report.sent).sort()).toEqual([0, 0, 3]);
  expectBatchOnce(mlflow);
});

test("a run that the server refuses is reported and stays; the others arrive", async () => {
  const mlflow = new FakeMlflow();
  mlflow.refusedParam = "bad";
  await using server = await ScriptedServer.start(mlflow.answer);
  await using store = await FileStore.open(root);
  const { experimentId } = await store.createOrGetExperiment("demand");
  const refused = runRecord({
    runId: runIdOf("refused"),
    runName: "the bad one",
    params: { bad: "1" },
    startTimeMs: 1,
  });
  await store.writeRun(experimentId, refused);
  await store.writeRun(experimentId, fullRecord(1));
  using client = new MlflowClient(quickConnection(server.uri));
  const report = await sync({ from: store, to: client, removeSent: true });
  expect(report).toMatchObject({ sent: 1, pending: 0, refused: [{ runId: refused.runId, runName: "the bad one" }] });
  const runsLeft = (await readdir(join(root, experimentId))).filter((name) => /^[0-9a-f]{32}$/.test(name));
  expect(runsLeft).toEqual([refused.runId]);
  mlflow.refusedParam = "";
  expect(await sync({ from: store, to: client, removeSent: true })).toMatchObject({ sent: 1, refused: [] });
  expect(mlflow.activeRuns).toHaveLength(2);
});

test("a scenario that was trained anew replaces its run on the server", async () => {
  const mlflow = new FakeMlflow();
  await using server = await ScriptedServer.start(mlflow.answer);
  await using store = await FileStore.open(root);
  const { experimentId } = await store.createOrGetExperiment("demand");
  await store.writeRun(experimentId, runRecord({ status: "FAILED", params: { alpha: "1" } }));
  await syncOnce(store, server.uri);
  await store.writeRun(experimentId, runRecord({ params: { alpha: "2" }, startTimeMs: START_MS + 99_000 }));
  await syncOnce(store, server.uri);
  expect(mlflow.activeRuns.map(({ info, params }) => [info.status, params.get("alpha")])).toEqual([["FINISHED", "2"]]);
});

test("a batch that is resumed keeps its parent, to which its children point", async () => {
  const mlflow = new FakeMlflow();
  await using server = await ScriptedServer.start(mlflow.answer);
  await using store = await FileStore.open(root);
  const experimentId = await writeBatch(store);
  await syncOnce(store, server.uri);
  await store.writeRun(experimentId, { ...parentRecord(), startTimeMs: START_MS + 70_000 });
  await store.writeRun(experimentId, fullRecord(3));
  await syncOnce(store, server.uri);
  const parents = mlflow.activeRuns.filter((run) => run.tags.get("scenario.runId") === runIdOf("batch"));
  expect(parents.map((run) => run.info.status)).toEqual(["RUNNING"]);
  const links = mlflow.activeRuns.map((run) => run.tags.get("mlflow.parentRunId")).filter((id) => id !== undefined);
  expect(links).toEqual([1, 2, 3].map(() => parents[0].info.run_id));
});

test("a run that the server had made without telling is found, or removed if it appears only later", async () => {
  const mlflow = new FakeMlflow();
  let late: SeenRequest | undefined;
  let isFirst = true;
  await using server = await ScriptedServer.start((request) => {
    if (isFirst && request.url.endsWith("runs/create")) {
      // The client is gone before the server has begun with it.
      isFirst = false;
      late = request;
      return "reset";
    }
    if (late !== undefined && request.url.endsWith("runs/log-batch")) {
      mlflow.answer(late);
      late = undefined;
    }
    return mlflow.answer(request);
  });
  await using store = await FileStore.open(root);
  await writeBatch(store);
  expect((await syncOnce(store, server.uri)).stopped).toContain("No connection");
  expect(await syncOnce(store, server.uri)).toMatchObject({ pending: 0, refused: [] });
  expect(mlflow.runs).toHaveLength(4);
  expectBatchOnce(mlflow);
});

test("a run that a killed server had made without its tags is completed", async () => {
  const mlflow = new FakeMlflow();
  let isFirst = true;
  await using server = await ScriptedServer.start((request) => {
    const answer = mlflow.answer(request);
    if (!isFirst || !request.url.endsWith("runs/create")) return answer;
    isFirst = false;
    mlflow.runs[0].tags.clear();
    return "reset";
  });
  await using store = await FileStore.open(root);
  await writeBatch(store);
  await syncOnce(store, server.uri);
  expect(await syncOnce(store, server.uri)).toMatchObject({ pending: 0, refused: [] });
  expect(mlflow.runs).toHaveLength(3);
  expectBatchOnce(mlflow);
});

test("a wrong password stops the sync at once, with everything still there", async () => {
  await using server = await ScriptedServer.start(() => ({ status: 401, text: "who are you?" }));
  await using store = await FileStore.open(root);
  await writeBatch(store);
  const report = await syncOnce(store, server.uri, 3);
  expect(report).toMatchObject({ sent: 0, pending: 3, stopped: expect.stringMatching(/^The server answered 401/) });
  expect(server.requests).toHaveLength(1);
});

test("an abort ends the sync between two requests; the next one goes on", async () => {
  const mlflow = new FakeMlflow();
  const controller = new AbortController();
  await using server = await ScriptedServer.start((request, index) => {
    if (index === 9) controller.abort();
    return mlflow.answer(request);
  });
  await using store = await FileStore.open(root);
  await writeBatch(store);
  using client = new MlflowClient(quickConnection(server.uri));
  const report = await sync({ from: store, to: client, signal: controller.signal });
  expect(report.stopped).toBe("The sending was interrupted.");
  expect(report.pending).toBeGreaterThan(0);
  await syncOnce(store, server.uri);
  expectBatchOnce(mlflow);
});

test("progress counts up to all runs", async () => {
  const mlflow = new FakeMlflow();
  await using server = await ScriptedServer.start(mlflow.answer);
  await using store = await FileStore.open(root);
  await writeBatch(store);
  const seen: string[] = [];
  using client = new MlflowClient(quickConnection(server.uri));
  await sync({ from: store, to: client, onProgress: ({ sent, total }) => seen.push(`${sent}/${total}`) });
  expect(seen).toEqual(["0/3", "1/3", "2/3", "3/3"]);
});
