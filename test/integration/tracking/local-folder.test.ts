import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod/mini";
import { FileStore } from "../../../runner/tracking/file-store.ts";
import { listRuns } from "../../../runner/tracking/list-runs.ts";
import { runIdOf } from "../../../runner/tracking/run-record.ts";
import { openTracker } from "../../../runner/tracking/tracker.ts";
import { runMlflow, runPython } from "../../setup/mlflow-server.ts";
import { fullRecord, parentRecord, START_MS } from "../../unit/tracking/run-records.ts";
import { expectedRun, type PythonView, readWithPython } from "./python-client.ts";

const EXPERIMENT = "orange juice é";
const SCENARIOS = 20;

let projectDir: string;
let view: PythonView;

/** A batch in a local folder, read by MLflow's own client. */
beforeAll(async () => {
  projectDir = await mkdtemp(join(tmpdir(), "local-folder-"));
  await using tracker = await openTracker({ experiment: EXPERIMENT, projectDir, env: {} });
  await tracker.startRun(parentRecord());
  await Promise.all(
    Array.from({ length: SCENARIOS }, (_, index) => {
      const { model, ...record } = fullRecord(index);
      if (model === undefined) throw new Error("no model");
      const register = index === 3 ? { register: { name: "juice", aliases: ["champion"] } } : {};
      return tracker.logRun({ ...record, model: { ...model, ...register } });
    }),
  );
  await tracker.finishRun(runIdOf("batch"), {
    status: "FINISHED",
    endTimeMs: START_MS + 60_000,
    metrics: [{ key: "wape/mean", value: 0.5, timestampMs: START_MS + 60_000, step: 0 }],
    artifacts: [{ path: "results.csv", bytes: Buffer.from("store,wape\n1,0.5\n") }],
  });
  view = await readWithPython(pathToFileURL(join(projectDir, "mlruns")).href, EXPERIMENT);
});
afterAll(() => rm(projectDir, { recursive: true, force: true }));

test("MLflow's own client reads every run with all its content", () => {
  const runs = new Map(view.runs.map((run) => [run.runId, run]));
  expect(runs.size).toBe(SCENARIOS + 1);
  for (let index = 0; index < SCENARIOS; index++) {
    const record = fullRecord(index);
    const run = runs.get(record.runId);
    expect(run).toMatchObject(expectedRun(record));
    expect(run?.tags).toEqual({
      ...record.tags,
      "mlflow.runName": record.runName,
      "mlflow.parentRunId": runIdOf("batch"),
    });
    expect(run?.artifacts).toMatchObject({
      "tables/forecast.json": `[${index}]`,
      "model/model.json": `{"index":${index}}`,
    });
  }
});

test("MLflow's own client reads the parent as ended, with its results", () => {
  const parent = view.runs.find((run) => run.runId === runIdOf("batch"));
  expect(parent).toMatchObject({ status: "FINISHED", end: START_MS + 60_000, params: { scenarios: "many" } });
  expect(parent?.metrics).toEqual({ "wape/mean": "0.5" });
  expect(parent?.artifacts).toEqual({ "results.csv": "store,wape\n1,0.5\n" });
});

test("MLflow's own client finds the registered model and its flavors", () => {
  const version = { version: 1, runId: fullRecord(3).runId, flavors: ["scenario_runner"] };
  expect(view.models).toEqual([{ name: "juice", aliases: { champion: 1 }, versions: [version] }]);
});

test("nothing of ours is left beside the runs", async () => {
  expect(await readdir(projectDir)).toEqual(["mlruns"]);
});

test("MLflow's own migration takes everything into a database", async () => {
  const database = join(projectDir, "migrated.db");
  const target = `sqlite:///${database}`;
  await runMlflow("migrate-filestore", "--source", join(projectDir, "mlruns"), "--target", target);
  expect(existsSync(database)).toBe(true);
  const migrated = await readWithPython(target, EXPERIMENT, "--no-artifacts");
  const runs = new Map(migrated.runs.map((run) => [run.runId, run]));
  expect(runs.size).toBe(SCENARIOS + 1);
  for (let index = 0; index < SCENARIOS; index++) {
    const record = fullRecord(index);
    expect(runs.get(record.runId)).toMatchObject(expectedRun(record, "1.7976931348623157e+308"));
  }
  expect(migrated.models).toMatchObject([{ name: "juice", aliases: { champion: 1 } }]);
});

test("runs that MLflow's own client wrote into the folder are listed", async () => {
  const script = join(import.meta.dirname, "write_runs.py");
  const folder = pathToFileURL(join(projectDir, "theirs")).href;
  const Ids = z.object({ parent: z.string(), child: z.string() });
  const { parent, child } = Ids.parse(await runPython(script, folder, "by hand"));
  const runs = await listRuns({ uri: folder, experiment: "by hand", projectDir, env: {} });
  expect(runs.map((run) => [run.runId, run.runName, run.status, run.parentRunId])).toEqual([
    [child, "child", "FINISHED", parent],
    [parent, "by hand", "FINISHED", undefined],
  ]);
  expect(runs[0].metrics).toEqual({ "loss/train": 1 / 3, nan: Number.NaN });
  expect(runs[1].params).toEqual({ alpha: "0.5", text: "x".repeat(300) });
  expect(runs[1].tags["mlflow.note.content"]).toBe("two\nlines");
});

test("a run of ours goes into an experiment that MLflow's own client made", async () => {
  const folder = join(projectDir, "theirs");
  await using tracker = await openTracker({ uri: folder, experiment: "by hand", projectDir, env: {} });
  await tracker.logRun(fullRecord(1, "other"));
  const { runs } = await readWithPython(pathToFileURL(folder).href, "by hand");
  expect(runs.map((run) => run.name).sort()).toEqual(["by hand", "child", fullRecord(1).runName]);
});

test("a process that is killed while it writes leaves whole runs only, and nothing beside them for long", async () => {
  const root = join(projectDir, "killed", "mlruns");
  const script = join(import.meta.dirname, "write-process.ts");
  const writing = spawn(process.execPath, [script, root], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => writing.once("exit", (_code, signal) => resolve(signal)));
  for await (const line of createInterface(writing.stdout)) if (Number(line) >= 30) writing.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
  const { runs } = await readWithPython(pathToFileURL(root).href, "killed", "--no-artifacts");
  expect(runs.length).toBeGreaterThan(20);
  for (const run of runs.filter(({ name }) => name !== "batch")) {
    const record = fullRecord(run.start - START_MS);
    expect(run).toMatchObject({ ...expectedRun(record), runId: record.runId });
  }
  // The next one to open the folder clears up.
  await (await FileStore.open(root))[Symbol.asyncDispose]();
  expect(await readdir(join(projectDir, "killed"))).toEqual(["mlruns"]);
});
