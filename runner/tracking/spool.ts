import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folderError } from "./errors.ts";
import { FileStore } from "./file-store.ts";
import { folderNames } from "./folder-names.ts";
import { serverId } from "./tracking-uri.ts";

/** File in a spool's root that says which server it is for; MLflow's readers ignore it. */
const SERVER_FILE = ".scenario-server";

/** A folder of runs on their way to a server. */
export interface Spool {
  /** The tracking URI of the server. */
  readonly uri: string;
  readonly folder: string;
}

/** Opens the spool of `projectDir` for the server at `uri`: a folder in the same layout as `mlruns`. */
export async function openSpool(projectDir: string, uri: string): Promise<FileStore> {
  const folder = join(spoolsFolder(projectDir), serverId(uri));
  const store = await FileStore.open(folder);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, SERVER_FILE), `${uri}\n`);
    return store;
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw folderError(error, folder);
  }
}

/** The spools of a project: what `scenario sync` without an address goes through. */
export async function listSpools(projectDir: string): Promise<Spool[]> {
  const spools: Spool[] = [];
  for (const name of await folderNames(spoolsFolder(projectDir))) {
    const folder = join(spoolsFolder(projectDir), name);
    const uri = await readFile(join(folder, SERVER_FILE), "utf8").catch(() => "");
    if (uri.trim() !== "") spools.push({ uri: uri.trim(), folder });
  }
  return spools;
}

function spoolsFolder(projectDir: string): string {
  return join(projectDir, ".scenario", "spool");
}
