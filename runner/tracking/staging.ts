import { randomBytes } from "node:crypto";
import { renameSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { systemErrorCode } from "./errors.ts";

/**
 * A folder beside the runs, on the same file system, where a run's folder is written before it is renamed into place:
 * MLflow's search fails on an empty or half-written file, so its readers must never meet one.
 */
export class Staging {
  readonly folder: string;
  #next = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a folder of this process for `root`, and removes those that dead processes of this machine left. */
  static async create(root: string): Promise<Staging> {
    const { dev } = await stat(root);
    // `.trash` is the one place inside the root that MLflow does not search; needed if the root is a mount point.
    const places = [join(dirname(root), `.${basename(root)}.staging`), join(root, ".trash", "staging")];
    let failure: unknown;
    for (const place of places) {
      const folder = join(place, `${process.pid}@${hostname()}@${randomBytes(4).toString("hex")}`);
      try {
        await mkdir(folder, { recursive: true });
        if ((await stat(folder)).dev === dev) {
          await removeLeftovers(place);
          return new Staging(folder);
        }
        await removeFolder(folder);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** A path in the folder that nothing uses yet. */
  newPath(): string {
    return join(this.folder, String(this.#next++));
  }

  /** Puts the staged folder at `target`; what was there before is gone afterwards. */
  async replaceFolder(staged: string, target: string): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        renameSync(staged, target);
        return;
      } catch (error) {
        const taken = ["ENOTEMPTY", "EEXIST", "EPERM"].includes(systemErrorCode(error) ?? "");
        if (!taken || attempt === 5) throw error;
      }
      await this.discard(target);
    }
  }

  /** Puts the staged folder at `target` unless something is there; tells whether it did. */
  async placeFolder(staged: string, target: string): Promise<boolean> {
    try {
      renameSync(staged, target);
      return true;
    } catch (error) {
      if (!["ENOTEMPTY", "EEXIST", "EPERM"].includes(systemErrorCode(error) ?? "")) throw error;
      // On Windows EPERM also means "not allowed": then nothing is there.
      await stat(target);
      await rm(staged, { recursive: true, force: true });
      return false;
    }
  }

  /** Writes the file at `path` in one step; an earlier one is replaced. */
  async replaceFile(path: string, content: string | Uint8Array): Promise<void> {
    const staged = this.newPath();
    try {
      await writeFile(staged, content, { flag: "wx" });
      await mkdir(dirname(path), { recursive: true });
      await rename(staged, path);
    } catch (error) {
      await rm(staged, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** Takes the folder at `path` away in one step, then deletes it. */
  async discard(path: string): Promise<void> {
    const away = this.newPath();
    try {
      await rename(path, away);
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return;
      throw error;
    }
    await rm(away, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeFolder(this.folder);
  }
}

/** Removes a process's folder, and the place that holds such folders if it was the last one. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await rmdir(resolve(folder, "..")).catch(() => {});
}

async function removeLeftovers(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    const [pid, host] = name.split("@");
    if (host === hostname() && !isAlive(Number(pid))) {
      await rm(join(place, name), { recursive: true, force: true }).catch(() => {});
    }
  }
}

/** Whether a process with this id runs on this machine. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}
