import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readExperiments } from "../../../runner/tracking/experiments.ts";
import { FileStore } from "../../../runner/tracking/file-store.ts";
import { localArtifacts, readRun, readRunHeads } from "../../../runner/tracking/read-runs.ts";
import { runIdOf } from "../../../runner/tracking/run-record.ts";
import { fullRecord, parentRecord } from "./run-records.ts";

/** Which writing call of the file system fails next, and how; a full disk can't be had in every test environment. */
const fault = vi.hoisted(() => ({ code: "ENOSPC", callsLeft: Number.POSITIVE_INFINITY }));

const failing = vi.hoisted(() => {
  return <R>(call: (...args: unknown[]) => R) =>
    (...args: unknown[]): R => {
      if (fault.callsLeft-- > 0) return call(...args);
      throw Object.assign(new Error(`${fault.code}: ${args[0]}`), { code: fault.code });
    };
});

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const rejecting = (call: unknown) => {
    const checked = failing(call as (...args: unknown[]) => Promise<unknown>);
    return async (...args: unknown[]) => checked(...args);
  };
  const { mkdir, writeFile, rename, appendFile } = real;
  const calls = { mkdir, writeFile, rename, appendFile };
  return { ...real, ...Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, rejecting(call)])) };
});

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const { mkdirSync, writeFileSync, renameSync } = real;
  const calls = { mkdirSync, writeFileSync, renameSync };
  const throwing = (call: unknown) => failing(call as (...args: unknown[]) => unknown);
  return { ...real, ...Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, throwing(call)])) };
});

let folder: string;
let root: string;
beforeEach(async () => {
  fault.callsLeft = Number.POSITIVE_INFINITY;
  folder = await mkdtemp(join(tmpdir(), "full-disk-"));
  root = join(folder, "mlruns");
});
afterEach(async () => {
  fault.callsLeft = Number.POSITIVE_INFINITY;
  await rm(folder, { recursive: true, force: true });
});

describe.each([
  ["a full disk", "ENOSPC", "TRACKING_DISK_FULL"],
  ["a read-only disk", "EROFS", "TRACKING_FOLDER_UNWRITABLE"],
])("%s", (_, code, expected) => {
  test("at any point of writing a run leaves the run out or whole, and the error names the folder", async () => {
    for (let calls = 0; ; calls++) {
      await rm(root, { recursive: true, force: true });
      await using store = await FileStore.open(root);
      const { experimentId } = await store.createOrGetExperiment("demand");
      Object.assign(fault, { code, callsLeft: calls });
      const error = await store.writeRun(experimentId, fullRecord(1)).catch((reason: unknown) => reason);
      fault.callsLeft = Number.POSITIVE_INFINITY;
      if (error === undefined) {
        expect(calls).toBeGreaterThan(20);
        return;
      }
      expect(error).toMatchObject({ code: expected, message: expect.stringContaining(root) });
      expect(await runsAndStrays()).toEqual([]);
      await store.writeRun(experimentId, fullRecord(1));
      expect(await runsAndStrays()).toEqual([fullRecord(1).runId]);
    }
  });

  test("at any point of ending a run leaves it running, and the same call again ends it", async () => {
    for (let calls = 0; ; calls++) {
      await rm(root, { recursive: true, force: true });
      await using store = await FileStore.open(root);
      const { experimentId } = await store.createOrGetExperiment("demand");
      await store.writeRun(experimentId, parentRecord());
      const { metrics, tags, artifacts } = fullRecord(1);
      const finish = { status: "FINISHED", endTimeMs: 5, metrics, tags, artifacts } as const;
      Object.assign(fault, { code, callsLeft: calls });
      const error = await store.finishRun(experimentId, runIdOf("batch"), finish).catch((reason: unknown) => reason);
      fault.callsLeft = Number.POSITIVE_INFINITY;
      const [run] = await readBack();
      if (error === undefined) {
        expect(run.status).toBe("FINISHED");
        return;
      }
      expect(error).toMatchObject({ code: expected });
      expect(run.status).toBe("RUNNING");
      await store.finishRun(experimentId, runIdOf("batch"), finish);
      const [ended] = await readBack();
      expect(ended.status).toBe("FINISHED");
      expect(ended.metrics).toHaveLength(metrics.length);
      expect(await localArtifacts(ended)).toHaveLength(artifacts.length);
    }
  });

  test("when the folder is opened is reported before any training", async () => {
    Object.assign(fault, { code, callsLeft: 0 });
    await expect(FileStore.open(root)).rejects.toMatchObject({ code: expected });
  });
});

async function readBack() {
  const [experiment] = await readExperiments(root);
  return Promise.all((await readRunHeads(experiment)).map(readRun));
}

/** Everything in the experiment's folder that MLflow would take for a run. */
async function runsAndStrays(): Promise<string[]> {
  const [experiment] = await readExperiments(root);
  const names = await readdir(experiment.folder);
  return names.filter((name) => !["meta.yaml", "tags", "datasets"].includes(name));
}
