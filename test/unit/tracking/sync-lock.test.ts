import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SyncLock } from "../../../runner/tracking/sync-lock.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sync-lock-"));
  path = join(folder, "lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** No process has this id: it is over the largest that Linux gives. */
const DEAD_PID = 4_194_305;

/** Five want the lock at once: how many held it at the same time, when all have had it. */
async function mostHolders(): Promise<number> {
  let holders = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      await using _lock = await SyncLock.acquire(path);
      most = Math.max(most, ++holders);
      await new Promise((resolve) => setImmediate(resolve));
      holders--;
    }),
  );
  return most;
}

test("only one holds the lock at a time, and all get it", async () => {
  expect(await mostHolders()).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test("the lock of a dead process is taken over by one only", async () => {
  await writeFile(path, `${DEAD_PID} ${hostname()} x`);
  expect(await mostHolders()).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test("the lock of another machine is taken over only when it was not touched for long", async () => {
  await writeFile(path, `${DEAD_PID} another-machine x`);
  await expect(SyncLock.acquire(path, AbortSignal.timeout(250))).rejects.toThrow();
  const longAgo = new Date(Date.now() - 120_000);
  await utimes(path, longAgo, longAgo);
  await using lock = await SyncLock.acquire(path);
  expect(lock).toBeDefined();
});

test("waiting ends with the signal's reason", async () => {
  await using _held = await SyncLock.acquire(path);
  const controller = new AbortController();
  const waiting = SyncLock.acquire(path, controller.signal);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});
