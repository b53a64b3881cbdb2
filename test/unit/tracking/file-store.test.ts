import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TrackingError } from "../../../runner/tracking/errors.ts";
import { readExperiments } from "../../../runner/tracking/experiments.ts";
import { FileStore } from "../../../runner/tracking/file-store.ts";
import { localArtifacts, readRun, readRunHeads } from "../../../runner/tracking/read-runs.ts";
import { runIdOf } from "../../../runner/tracking/run-record.ts";
import { fullRecord, parentRecord, runRecord, START_MS } from "./run-records.ts";

let folder: string;
let root: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "file-store-"));
  root = join(folder, "mlruns");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function readBack(experimentName = "demand") {
  const experiment = (await readExperiments(root)).find(({ name }) => name === experimentName);
  if (experiment === undefined) throw new Error(`no experiment ${experimentName}`);
  return Promise.all((await readRunHeads(experiment)).map(readRun));
}

describe("a run", () => {
  test("is read back with all that was written", async () => {
    await using store = await FileStore.open(root);
    const { experimentId } = await store.createOrGetExperiment("demand");
    const record = fullRecord(3);
    await store.writeRun(experimentId, record);
    const [run] = await readBack();
    expect(run).toMatchObject({
      runId: record.runId,
      runName: record.runName,
      status: "FINISHED",
      startTimeMs: record.startTimeMs,
      endTimeMs: record.endTimeMs,
      params: record.params,
      inputs: record.inputs,
    });
    expect(run.tags).toEqual({
      ...record.tags,
      "mlflow.runName": record.runName,
      "mlflow.parentRunId": record.parentRunId,
    });
    expect(sorted(run.metrics)).toEqual(sorted(record.metrics));
    const files = await localArtifacts(run);
    expect(files.map((file) => file.path).sort()).toEqual([
      "model/MLmodel",
      "model/model.json",
      "tables/forecast.json",
    ]);
  });

  test("has the folders and the absolute artifact address that MLflow wants", async () => {
    await using store = await FileStore.open(root);
    const { experimentId } = await store.createOrGetExperiment("demand");
    await store.writeRun(experimentId, runRecord());
    const runFolder = join(root, experimentId, runIdOf("batch", "scenario"));
    expect((await readdir(runFolder)).sort()).toEqual(["artifacts", "meta.yaml", "metrics", "params", "tags"]);
    const meta = JSON.parse(await readFile(join(runFolder, "meta.yaml"), "utf8"));
    expect(fileURLToPath(meta.artifact_uri)).toBe(join(runFolder, "artifacts"));
    expect(meta).toMatchObject({ status: 3, experiment_id: experimentId, lifecycle_stage: "active" });
  });

  test("replaces the run of the same id instead of doubling it", async () => {
    await using store = await FileStore.open(root);
    const { experimentId } = await store.createOrGetExperiment("demand");
    await store.writeRun(experimentId, runRecord({ params: { old: "1" }, status: "FAILED" }));
    await store.writeRun(experimentId, runRecord({ params: { new: "2" } }));
    const runs = await readBack();
    expect(runs.map((run) => [run.status, run.params])).toEqual([["FINISHED", { new: "2" }]]);
  });

  test("many at once are all there", async () => {
    await using store = await FileStore.open(root);
    const { experimentId } = await store.createOrGetExperiment("demand");
    await Promise.all(Array.from({ length: 60 }, (_, index) => store.writeRun(experimentId, fullRecord(index))));
    expect((await readBack()).map((run) => run.params["tuned/alpha"])).toEqual(
      Array.from({ length: 60 }, (_, index) => String(index / 10)),
    );
  });

  test("is read from a folder that was moved", async () => {
    {
      await using store = await FileStore.open(root);
      const { experimentId } = await store.createOrGetExperiment("demand");
      await store.writeRun(experimentId, fullRecord(0));
    }
    await rename(root, join(folder, "moved"));
    root = join(folder, "moved");
    const [run] = await readBack();
    const files = await localArtifacts(run);
    expect(await readFile(files.find((file) => file.path === "tables/forecast.json")?.file ?? "", "utf8")).toBe("[0]");
  });
});

describe("removing a run", () => {
  test("takes it out of the folder", async () => {
    await using store = await FileStore.open(root);
    const { experimentId } = await store.createOrGetExperiment("demand");
    await store.writeRun(experimentId, fullRecord(1));
    await store.removeRun((await readBack())[0]);
    expect(await readBack()).toEqual([]);
  });

  test("spares one that was written again after it was read", async () => {
    await using store = await FileStore.open(root);
    const { experimentId } = await store.createOrGetExperiment("demand");
    await store.writeRun(experimentId, fullRecord(1));
    const [earlier] = await readBack();
    await store.writeRun(experimentId, { ...fullRecord(1), endTimeMs: START_MS + 77_000 });
    await store.removeRun(earlier);
    expect((await readBack()).map((run) => run.endTimeMs)).toEqual([START_MS + 77_000]);
  });
});

describe("a parent run", () => {
  test("runs until it is finished, with what the ending adds", async () => {
    await using store = await FileStore.open(root);
    const { experimentId } = await store.createOrGetExperiment("demand");
    const parent = parentRecord();
    await store.writeRun(experimentId, parent);
    expect((await readBack())[0]).toMatchObject({ status: "RUNNING", endTimeMs: undefined });
    await store.finishRun(experimentId, parent.runId, {
      status: "FINISHED",
      endTimeMs: START_MS + 9000,
      metrics: [{ key: "wape/mean", value: 0.5, timestampMs: START_MS, step: 0 }],
      tags: { failed: "0" },
      artifacts: [{ path: "results.parquet", bytes: new Uint8Array(4) }],
    });
    const [run] = await readBack();
    expect(run).toMatchObject({ status: "FINISHED", endTimeMs: START_MS + 9000, params: parent.params });
    expect(run.tags).toMatchObject({ failed: "0", "mlflow.runName": "batch" });
    expect(run.metrics).toHaveLength(1);
  });

  test("finished twice has no point twice", async () => {
    await using store = await FileStore.open(root);
    const { experimentId } = await store.createOrGetExperiment("demand");
    await store.writeRun(experimentId, parentRecord());
    const metrics = [{ key: "wape", value: 0.5, timestampMs: START_MS, step: 0 }];
    for (const endTimeMs of [1, 2]) {
      await store.finishRun(experimentId, runIdOf("batch"), { status: "FINISHED", endTimeMs, metrics });
    }
    expect((await readBack())[0].metrics).toEqual(metrics);
  });

  test("that isn't there can't be finished, and the message names it", async () => {
    await using store = await FileStore.open(root);
    const { experimentId } = await store.createOrGetExperiment("demand");
    const finishing = store.finishRun(experimentId, runIdOf("other"), { status: "FAILED", endTimeMs: 1 });
    await expect(finishing).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  });
});

describe("an experiment", () => {
  test("is the same for all who ask for it at once", async () => {
    const stores = await Promise.all([FileStore.open(root), FileStore.open(root), FileStore.open(root)]);
    const found = await Promise.all(stores.map((store) => store.createOrGetExperiment("demand é")));
    expect(new Set(found.map((experiment) => experiment.experimentId)).size).toBe(1);
    expect(await readExperiments(root)).toHaveLength(1);
    for (const store of stores) await store[Symbol.asyncDispose]();
  });

  test("has a number for its id, as MLflow's migration passes over all others", async () => {
    await using store = await FileStore.open(root);
    expect((await store.createOrGetExperiment("demand")).experimentId).toMatch(/^\d{18}$/);
  });

  test("that MLflow made is found, whatever its id", async () => {
    await mkdir(join(root, "42"), { recursive: true });
    await writeFile(join(root, "42", "meta.yaml"), "experiment_id: '42'\nname: demand\nlifecycle_stage: active\n");
    await using store = await FileStore.open(root);
    expect((await store.createOrGetExperiment("demand")).experimentId).toBe("42");
  });

  test("gets another id when its own was given to a renamed one", async () => {
    await using store = await FileStore.open(root);
    const first = await store.createOrGetExperiment("demand");
    const meta = { experiment_id: first.experimentId, name: "renamed", lifecycle_stage: "active" };
    await writeFile(join(first.folder, "meta.yaml"), JSON.stringify(meta));
    const second = await store.createOrGetExperiment("demand");
    expect(second.experimentId).not.toBe(first.experimentId);
    expect((await readExperiments(root)).map(({ name }) => name).sort()).toEqual(["demand", "renamed"]);
  });

  test("that was deleted is not made anew behind the user's back", async () => {
    await using store = await FileStore.open(root);
    const { experimentId, folder: experimentFolder } = await store.createOrGetExperiment("demand");
    await mkdir(join(root, ".trash"));
    await rename(experimentFolder, join(root, ".trash", experimentId));
    await expect(store.createOrGetExperiment("demand")).rejects.toMatchObject({ code: "EXPERIMENT_DELETED" });
  });
});

describe("a registered model", () => {
  const model = { name: "model", files: [], flavors: { own: {} }, register: { name: "demand", aliases: ["champion"] } };

  test("gets a version for each run and its alias moves to the last", async () => {
    await using store = await FileStore.open(root);
    const { experimentId } = await store.createOrGetExperiment("demand");
    for (const scenario of ["a", "b", "b"]) {
      await store.writeRun(experimentId, runRecord({ runId: runIdOf("batch", scenario), model }));
    }
    const versions = await store.registry.versions("demand");
    expect(versions.map(({ version, runId }) => [version, runId])).toEqual([
      [1, runIdOf("batch", "a")],
      [2, runIdOf("batch", "b")],
    ]);
    expect(await store.registry.aliases("demand")).toEqual(new Map([["champion", 2]]));
  });

  test("loses no version when runs register at once", async () => {
    await using store = await FileStore.open(root);
    const { experimentId } = await store.createOrGetExperiment("demand");
    const runIds = Array.from({ length: 12 }, (_, index) => runIdOf("batch", String(index)));
    await Promise.all(runIds.map((runId) => store.writeRun(experimentId, runRecord({ runId, model }))));
    const versions = await store.registry.versions("demand");
    expect(versions.map(({ version }) => version)).toEqual(runIds.map((_, index) => index + 1));
    expect(new Set(versions.map(({ runId }) => runId))).toEqual(new Set(runIds));
  });
});

test("leaves no staging folder behind, and removes that of a dead process", async () => {
  const dead = join(folder, ".mlruns.staging", `4194304@${(await import("node:os")).hostname()}@00`);
  await mkdir(dead, { recursive: true });
  {
    await using store = await FileStore.open(root);
    await store.createOrGetExperiment("demand");
    expect(await readdir(join(folder, ".mlruns.staging"))).toHaveLength(1);
  }
  expect(await readdir(folder)).toEqual(["mlruns"]);
});

test("a file in the place of the folder is named in the error", async () => {
  await writeFile(root, "");
  const error = await FileStore.open(root).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TrackingError);
  expect(error).toMatchObject({ code: "TRACKING_FOLDER_INVALID", message: expect.stringContaining(root) });
});

function sorted<T extends { key: string; step: number }>(metrics: readonly T[]): T[] {
  return [...metrics].sort((a, b) => (a.key === b.key ? a.step - b.step : a.key < b.key ? -1 : 1));
}
