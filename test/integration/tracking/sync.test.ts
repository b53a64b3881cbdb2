import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FileStore } from "../../../runner/tracking/file-store.ts";
import { listRuns } from "../../../runner/tracking/list-runs.ts";
import { MlflowClient } from "../../../runner/tracking/mlflow-client.ts";
import { runIdOf } from "../../../runner/tracking/run-record.ts";
import { type SyncOptions, sync } from "../../../runner/tracking/sync.ts";
import { openTracker, type Tracker } from "../../../runner/tracking/tracker.ts";
import { MlflowServer, type MlflowServerOptions, runPython } from "../../setup/mlflow-server.ts";
import { fullRecord, parentRecord, START_MS } from "../../unit/tracking/run-records.ts";
import { expectedRun, readWithPython } from "./python-client.ts";

const SCENARIOS = 10;

/** A batch of scenarios, of which the last is registered. */
async function logBatch(tracker: Tracker): Promise<void> {
  await tracker.startRun(parentRecord());
  for (let index = 0; index < SCENARIOS; index++) {
    const { model, ...record } = fullRecord(index);
    if (model === undefined) throw new Error("no model");
    const register = index === SCENARIOS - 1 ? { register: { name: "juice", aliases: ["champion"] } } : {};
    await tracker.logRun({ ...record, model: { ...model, ...register } });
  }
  await tracker.finishRun(runIdOf("batch"), {
    status: "FINISHED",
    endTimeMs: START_MS + 60_000,
    metrics: [{ key: "wape/mean", value: 0.5, timestampMs: START_MS + 60_000, step: 0 }],
  });
}

describe.each<[string, MlflowServerOptions, string]>([
  ["a database", { backend: "sqlite" }, "1.7976931348623157e+308"],
  ["a folder", { backend: "folder" }, "inf"],
])("a server on %s", (_, options, infinity) => {
  let server: MlflowServer;
  let projectDir: string;
  let experiment: string;
  let experiments = 0;

  beforeAll(async () => {
    server = await MlflowServer.start(options);
    projectDir = await mkdtemp(join(tmpdir(), "sync-"));
  });
  beforeEach(() => {
    experiment = `experiment ${experiments++}`;
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(projectDir, { recursive: true, force: true });
  });

  /** Reads the server with MLflow's own client: the batch must be there with everything, each run once. */
  async function expectBatchOnce(): Promise<void> {
    const view = await readWithPython(server.uri, experiment);
    const byOurId = new Map(view.runs.map((run) => [run.tags["scenario.runId"], run]));
    expect(view.runs).toHaveLength(SCENARIOS + 1);
    const parent = byOurId.get(runIdOf("batch"));
    expect(parent).toMatchObject({ status: "FINISHED", end: START_MS + 60_000 });
    expect(parent?.history).toEqual({ "wape/mean": [[0, "0.5", START_MS + 60_000]] });
    for (let index = 0; index < SCENARIOS; index++) {
      const record = fullRecord(index);
      const run = byOurId.get(record.runId);
      expect(run).toMatchObject(expectedRun(record, infinity));
      expect(run?.tags).toMatchObject({ ...record.tags, "mlflow.parentRunId": parent?.runId });
      expect(run?.artifacts).toMatchObject({
        "tables/forecast.json": `[${index}]`,
        "model/model.json": `{"index":${index}}`,
      });
    }
    const registered = byOurId.get(fullRecord(SCENARIOS - 1).runId);
    const versions = view.models[0].versions.filter((version) => version.runId === registered?.runId);
    expect(versions).toMatchObject([{ flavors: ["scenario_runner"] }]);
    expect(view.models[0].aliases).toEqual({ champion: versions[0].version });
  }

  /** A batch in a folder of its own. */
  async function localBatch(): Promise<string> {
    const root = join(projectDir, experiment);
    await using tracker = await openTracker({ uri: root, experiment, projectDir, env: {} });
    await logBatch(tracker);
    return root;
  }

  async function syncFolder(root: string, different: Pick<SyncOptions, "onProgress"> = {}) {
    await using store = await FileStore.open(root);
    using client = await MlflowClient.connect(
      { kind: "server", uri: server.uri },
      { MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0" },
    );
    return await sync({ from: store, to: client, ...different });
  }

  function startSync(root: string): ChildProcess {
    const script = join(import.meta.dirname, "sync-process.ts");
    return spawn(process.execPath, [script, root, server.uri], { stdio: ["ignore", "pipe", "inherit"] });
  }

  test("gets a batch in the background of a training", async () => {
    const tracking = { uri: server.uri, experiment, projectDir, env: {} };
    await using tracker = await openTracker(tracking);
    await logBatch(tracker);
    const report = await tracker.flush();
    expect(report).toMatchObject({ pending: 0, refused: [] });
    await expectBatchOnce();
    const children = await listRuns({ ...tracking, status: "FINISHED", maxResults: 3 });
    expect(children.map((run) => run.runName)).toEqual([9, 8, 7].map((index) => `store=${index}, brand=ü`));
    const [parent] = await listRuns({ ...tracking, parentRunId: null });
    expect(parent.localRunId).toBe(runIdOf("batch"));
    expect(await listRuns({ ...tracking, parentRunId: parent.runId })).toHaveLength(SCENARIOS);
    // The spool is empty by now.
    const file = await tracker.readArtifact(fullRecord(5).runId, "tables/forecast.json");
    expect(Buffer.from(file).toString()).toBe("[5]");
  });

  test("gets each run once, though it is killed half-way and started again", async () => {
    const root = await localBatch();
    let killed: Promise<void> | undefined;
    const report = await syncFolder(root, {
      onProgress: ({ sent }) => {
        if (sent >= SCENARIOS / 2) killed ??= server.kill();
      },
    });
    await killed;
    expect(report.stopped).toMatch(/^No connection/);
    expect(report.pending).toBeGreaterThan(0);
    await server.restart();
    expect(await syncFolder(root)).toMatchObject({ pending: 0, refused: [] });
    await expectBatchOnce();
  });

  // From here on, the kind of server makes no difference.
  if (options.backend === "folder") return;

  test("gets each run once, though the sending process is killed half-way", async () => {
    const root = await localBatch();
    const sending = startSync(root);
    const ended = new Promise((resolve) => sending.once("exit", (_code, signal) => resolve(signal)));
    if (sending.stdout === null) throw new Error("no output");
    for await (const line of createInterface(sending.stdout)) {
      if (Number(line) >= SCENARIOS / 2) sending.kill("SIGKILL");
    }
    expect(await ended).toBe("SIGKILL");
    const report = await syncFolder(root);
    expect(report).toMatchObject({ pending: 0, refused: [] });
    expect(report.sent).toBeGreaterThan(0);
    await expectBatchOnce();
  });

  test("gets each run once from processes that send at the same time, and the folder stays readable", async () => {
    const root = await localBatch();
    const codes = await Promise.all(
      [startSync(root), startSync(root)].map((each) => {
        each.stdout?.resume();
        return new Promise((resolve) => each.once("exit", resolve));
      }),
    );
    expect(codes).toEqual([0, 0]);
    expect(await syncFolder(root)).toEqual({ sent: 0, pending: 0, refused: [] });
    await expectBatchOnce();
    const local = await readWithPython(pathToFileURL(root).href, experiment);
    expect(local.runs).toHaveLength(SCENARIOS + 1);
  });

  test("gets the runs that MLflow's own client wrote into a folder", async () => {
    const root = join(projectDir, experiment);
    const folder = pathToFileURL(root).href;
    await runPython(join(import.meta.dirname, "write_runs.py"), folder, experiment);
    expect(await syncFolder(root)).toMatchObject({ sent: 2, pending: 0, refused: [] });
    const theirs = await readWithPython(folder, experiment);
    const copied = await readWithPython(server.uri, experiment);
    const comparable = (view: typeof theirs) =>
      view.runs.map(({ name, status, start, end, params, history, inputs, artifacts }) => ({
        ...{ name, status, start, end, params, history, inputs, artifacts },
      }));
    expect(comparable(copied)).toEqual(comparable(theirs));
    const [child, parent] = copied.runs;
    expect(child.tags["mlflow.parentRunId"]).toBe(parent.runId);
  });
});
