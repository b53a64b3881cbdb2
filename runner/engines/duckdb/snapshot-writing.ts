import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DataDescription } from "../../data/description.ts";
import { quoteIdentifier } from "../../data/sql.ts";
import { DataError } from "../data-error.ts";
import type { MasterSet } from "../engine.ts";
import { readSnapshot, type Snapshot, type SnapshotManifest } from "../snapshot.ts";
import type { Lease } from "./lease.ts";
import type { SelectedColumn } from "./master-columns.ts";
import type { MasterStatements } from "./master-statement.ts";

const ID_DIGITS = 16;

/**
 * Writes the master table into a folder beside its final place and renames that when it is complete, so that there is
 * never half a snapshot. Rows without a key are left out.
 */
export async function writeSnapshot(parts: {
  readonly data: DataDescription;
  readonly set: MasterSet;
  readonly columns: readonly SelectedColumn[];
  readonly statements: MasterStatements;
  readonly lease: Lease;
  readonly dir: string;
}): Promise<Snapshot> {
  const { data, set, columns, dir } = parts;
  const query = set === "training" ? data.trainingMaster : data.predictionMaster;
  if (query === null) throw new DataError("NO_PREDICTION_MASTER", `${data.className} has no predictionMaster()`);
  const temporary = await makeFolder(dir);
  try {
    const path = join(temporary, "master.parquet");
    const rows = await copyRows(parts, path);
    if (rows === 0) {
      throw new DataError("EMPTY", `${data.className}.${set}Master() has no rows with a key to write`, {
        query: `${set}Master()`,
      });
    }
    const sha256 = await hashFile(path);
    const manifest: SnapshotManifest = {
      id: sha256.slice(0, ID_DIGITS),
      sha256,
      sizeBytes: (await stat(path)).size,
      rows,
      schema: columns.map(({ name, sqlType }) => ({ name, sqlType })),
      createdAt: new Date().toISOString(),
      set,
      sql: query,
      streams: data.streams,
    };
    await writeFile(join(temporary, "snapshot.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    return await moveIntoPlace(temporary, join(dir, manifest.id));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function makeFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    return await mkdtemp(join(folder, ".writing-"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(
      "DISK",
      `the snapshot folder ${folder} can't be written: ${reason}`,
      { file: folder },
      { cause: error },
    );
  }
}

async function copyRows(
  { set, columns, statements, lease }: Parameters<typeof writeSnapshot>[0],
  path: string,
): Promise<number> {
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  const select = await statements.select(set, {}, columns, names, lease);
  select.add(`\nwhere not ${statements.isNullKey}\n${statements.order(columns)}`);
  const copy = select.inside("copy (", ") to ").value(path).add(" (format parquet, compression zstd)");
  const [[count]] = await lease.rows(copy);
  return Number(count);
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Keeps the snapshot that is already there: with the same id it holds the same rows, and its date says since when. */
async function moveIntoPlace(temporary: string, place: string): Promise<Snapshot> {
  const existing = await readSnapshot(place).catch(() => null);
  if (existing !== null) return existing;
  await rm(place, { recursive: true, force: true }); // what is there is damaged
  await rename(temporary, place);
  return readSnapshot(place);
}
