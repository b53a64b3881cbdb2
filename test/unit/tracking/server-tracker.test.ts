import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runIdOf } from "../../../runner/tracking/run-record.ts";
import { spoolFolder } from "../../../runner/tracking/spool.ts";
import { openTracker } from "../../../runner/tracking/tracker.ts";
import { FakeMlflow } from "./fake-mlflow.ts";
import { fullRecord, parentRecord, START_MS } from "./run-records.ts";
import { ScriptedServer } from "./scripted-server.ts";

let projectDir: string;
beforeEach(async () => {
  projectDir = await mkdtemp(join(tmpdir(), "server-tracker-"));
});
afterEach(() => rm(projectDir, { recursive: true, force: true }));

const env = { MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0" };
const FINISH = { status: "FINISHED", endTimeMs: START_MS + 9000 } as const;

test("a batch is on the server after the flush, and the spool is empty", async () => {
  const mlflow = new FakeMlflow();
  await using server = await ScriptedServer.start(mlflow.answer);
  await using tracker = await openTracker({ uri: server.uri, experiment: "demand", projectDir, env });
  await tracker.startRun(parentRecord());
  await Promise.all([1, 2, 3].map((index) => tracker.logRun(fullRecord(index))));
  await tracker.finishRun(runIdOf("batch"), FINISH);
  const report = await tracker.flush();
  expect(report).toMatchObject({ pending: 0, refused: [] });
  expect(tracker.pending()).toBe(0);
  expect(mlflow.activeRuns.map((run) => run.info.status)).toEqual(Array(4).fill("FINISHED"));
  const [experimentId] = [...(await readdir(spoolFolder(projectDir, server.uri)))].filter((name) => /^\d+$/.test(name));
  const left = await readdir(join(spoolFolder(projectDir, server.uri), experimentId));
  expect(left.filter((name) => /^[0-9a-f]{32}$/.test(name))).toEqual([]);
});

test("runs are sent while training goes on, without a flush", async () => {
  const mlflow = new FakeMlflow();
  let arrived = () => {};
  const finished = new Promise<void>((resolve) => (arrived = resolve));
  await using server = await ScriptedServer.start((request) => {
    if (request.url.endsWith("runs/update")) arrived();
    return mlflow.answer(request);
  });
  await using tracker = await openTracker({ uri: server.uri, experiment: "demand", projectDir, env });
  await tracker.logRun(fullRecord(1));
  await finished;
  expect(mlflow.activeRuns).toHaveLength(1);
});

test("while the server is away runs wait in the spool; the next tracker sends them, once", async () => {
  const mlflow = new FakeMlflow();
  let isAway = true;
  await using server = await ScriptedServer.start((request) => (isAway ? "reset" : mlflow.answer(request)));
  const options = { uri: server.uri, experiment: "demand", projectDir, env };
  {
    await using tracker = await openTracker(options);
    await tracker.startRun(parentRecord());
    await tracker.logRun(fullRecord(1));
    const report = await tracker.flush();
    expect(report).toMatchObject({ sent: 0, pending: 2, stopped: expect.stringMatching(/^No connection/) });
    expect(tracker.pending()).toBe(2);
    expect(tracker.location).toContain("2 runs wait in");
    expect(tracker.location).toContain("scenario sync");
  }
  isAway = false;
  await using tracker = await openTracker(options);
  expect(tracker.pending()).toBe(2);
  await tracker.finishRun(runIdOf("batch"), FINISH);
  await tracker.flush();
  expect(tracker.pending()).toBe(0);
  expect(tracker.location).not.toContain("wait");
  expect(mlflow.activeRuns.map((run) => run.info.status).sort()).toEqual(["FINISHED", "FINISHED"]);
});

test("a run that is written again while it is being sent is sent again", async () => {
  const mlflow = new FakeMlflow();
  let rewrite: (() => Promise<void>) | undefined;
  await using server = await ScriptedServer.start(async (request) => {
    if (request.url.endsWith("runs/log-batch")) {
      const once = rewrite;
      rewrite = undefined;
      await once?.();
    }
    return mlflow.answer(request);
  });
  await using tracker = await openTracker({ uri: server.uri, experiment: "demand", projectDir, env });
  rewrite = () => tracker.logRun({ ...fullRecord(1), params: { alpha: "new" }, startTimeMs: START_MS + 50_000 });
  await tracker.logRun({ ...fullRecord(1), params: { alpha: "old" } });
  await tracker.flush();
  expect(mlflow.activeRuns.map((run) => run.params.get("alpha"))).toEqual(["new"]);
  expect(tracker.pending()).toBe(0);
});

test("a run that the server refuses counts as pending, is reported with the reason, and is not sent over and over", async () => {
  const mlflow = new FakeMlflow();
  mlflow.refusedParam = "estimator";
  await using server = await ScriptedServer.start(mlflow.answer);
  await using tracker = await openTracker({ uri: server.uri, experiment: "demand", projectDir, env });
  await tracker.logRun(fullRecord(1));
  const report = await tracker.flush();
  expect(report.refused).toMatchObject([{ runId: fullRecord(1).runId, runName: fullRecord(1).runName }]);
  expect(tracker.pending()).toBe(1);
  const requests = server.requests.length;
  await tracker.logRun({ ...fullRecord(2), params: {} });
  expect(await tracker.flush()).toMatchObject({ pending: 0, refused: report.refused });
  const again = server.requests.slice(requests).filter(({ body }) => body.includes('"estimator"'));
  expect(again).toEqual([]);
});

test("wrong settings are reported before any training", async () => {
  const opening = openTracker({
    uri: "databricks://missing",
    experiment: "demand",
    projectDir,
    env: { HOME: projectDir },
  });
  await expect(opening).rejects.toMatchObject({ code: "TRACKING_CONFIGURATION_INVALID" });
});

test("a file is read back from the spool", async () => {
  await using server = await ScriptedServer.start(() => "reset");
  await using tracker = await openTracker({ uri: server.uri, experiment: "demand", projectDir, env });
  await tracker.logRun(fullRecord(7));
  expect(Buffer.from(await tracker.readArtifact(fullRecord(7).runId, "tables/forecast.json")).toString()).toBe("[7]");
});

test("a folder tells how to open its runs with MLflow's own tools", async () => {
  await using tracker = await openTracker({ experiment: "demand", projectDir, env });
  await tracker.logRun(fullRecord(1));
  expect(tracker.location).toContain(join(projectDir, "mlruns"));
  expect(tracker.location).toContain("MLFLOW_ALLOW_FILE_STORE=true mlflow ui");
  expect(tracker.location).toContain("migrate-filestore");
  expect(await tracker.flush()).toEqual({ sent: 0, pending: 0, refused: [] });
});
