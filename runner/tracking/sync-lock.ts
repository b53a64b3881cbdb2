import { randomUUID } from "node:crypto";
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { wait } from "./backoff.ts";
import { systemErrorCode } from "./errors.ts";
import { isAlive } from "./staging.ts";

/** The holder touches its lock this often; one that was not touched for much longer belongs to no living process. */
const TOUCH_MS = 5_000;
const STALE_MS = 60_000;
const POLL_MS = 100;

/**
 * Lets one process at a time send the runs of a folder to a server. A file with the holder's process id: taken over at
 * once if that process of this machine is dead, after a minute without a touch if it was on another machine.
 */
export class SyncLock implements AsyncDisposable {
  readonly #path: string;
  readonly #content: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string, content: string) {
    this.#path = path;
    this.#content = content;
    this.#timer = setInterval(() => {
      const now = new Date();
      utimes(path, now, now).catch(() => {});
    }, TOUCH_MS);
    this.#timer.unref();
  }

  /** Waits for the lock `path`. */
  static async acquire(path: string, signal?: AbortSignal): Promise<SyncLock> {
    const content = `${process.pid} ${hostname()} ${randomUUID()}`;
    for (;;) {
      signal?.throwIfAborted();
      if (await createFile(path, content)) return new SyncLock(path, content);
      if (!(await removeIfStale(path))) await wait(POLL_MS, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    if ((await readFile(this.#path, "utf8").catch(() => "")) === this.#content) await rm(this.#path, { force: true });
  }
}

async function createFile(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * Removes the lock if its holder is gone. Of several processes that find it so, only the one that makes the second
 * file may remove it, after another look: else the slower one would remove the lock that the faster has just taken.
 */
async function removeIfStale(path: string): Promise<boolean> {
  if (!(await isStale(path))) return false;
  const guard = `${path}.takeover`;
  if (!(await createFile(guard, String(process.pid)))) {
    if (await isOlder(guard, STALE_MS)) await rm(guard, { force: true });
    return false;
  }
  try {
    if (!(await isStale(path))) return false;
    await rm(path, { force: true });
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  const content = await readFile(path, "utf8").catch(() => undefined);
  if (content === undefined) return false;
  const [pid, host] = content.split(" ");
  if (host === hostname() && !isAlive(Number(pid))) return true;
  return isOlder(path, STALE_MS);
}

async function isOlder(path: string, ms: number): Promise<boolean> {
  const modified = await stat(path).then(
    (found) => found.mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  return Date.now() - modified > ms;
}
