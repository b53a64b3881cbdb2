import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { sqlQuerySchema } from "../data/sql.ts";
import { streamSpecSchema } from "../data/streams.ts";
import { DataError } from "./data-error.ts";

/** The rows of a master table at one moment: `<dir>/<id>/master.parquet` with `snapshot.json` beside it. */
export interface Snapshot {
  /** The first 16 digits of `sha256`: the same rows (from the same engine version) have the same id. */
  readonly id: string;
  /** Absolute path of the Parquet file, sorted by key and time. */
  readonly path: string;
  readonly manifest: SnapshotManifest;
}

export type SnapshotManifest = z.infer<typeof snapshotManifestSchema>;

const snapshotManifestSchema = z.object({
  id: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  /** Of the Parquet file, hexadecimal. */
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  sizeBytes: z.int(),
  rows: z.int(),
  schema: z.array(z.object({ name: z.string(), sqlType: z.string() })),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  set: z.enum(["training", "prediction"]),
  sql: sqlQuerySchema,
  streams: z.record(z.string(), streamSpecSchema),
});

/**
 * Opens the snapshot whose id is, or begins with, `id`.
 *
 * @param dir the folder that snapshots were written to.
 * @throws DataError when there is none, more than one, or its file is not the one that was written.
 */
export async function openSnapshot(dir: string, id: string): Promise<Snapshot> {
  const ids = await snapshotIds(dir);
  const matches = id === "" ? [] : ids.filter((one) => one.startsWith(id));
  if (matches.length !== 1) {
    const problem = matches.length === 0 ? `no snapshot "${id}"` : `"${id}" is the start of ${matches.join(" and ")}`;
    const known =
      ids.length === 0 ? "there are none yet; make one with `scenario snapshot`" : `there are ${ids.join(", ")}`;
    throw new DataError("SNAPSHOT_NOT_FOUND", `${problem} in ${dir}: ${known}`, { file: dir });
  }
  return readSnapshot(join(dir, matches[0]));
}

/** All snapshots below `dir`, newest first. Folders that are no snapshot are passed over. */
export async function listSnapshots(dir: string): Promise<Snapshot[]> {
  const ids = await snapshotIds(dir);
  const read = await Promise.allSettled(ids.map((id) => readSnapshot(join(dir, id))));
  const snapshots = read.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  return snapshots.sort((a, b) => b.manifest.createdAt.localeCompare(a.manifest.createdAt));
}

async function snapshotIds(dir: string): Promise<string[]> {
  const entries = await readdir(dir).catch(() => []);
  return entries.filter((name) => /^[0-9a-f]{16}$/.test(name)).sort();
}

/** @param place the snapshot's own folder. */
export async function readSnapshot(place: string): Promise<Snapshot> {
  const damaged = (problem: string, cause?: unknown): DataError =>
    new DataError(
      "SNAPSHOT_DAMAGED",
      `the snapshot ${place} ${problem}; delete the folder and make it again`,
      { file: place },
      { cause },
    );
  let json: unknown;
  try {
    json = JSON.parse(await readFile(join(place, "snapshot.json"), "utf8"));
  } catch (error) {
    throw damaged("has no readable snapshot.json", error);
  }
  const manifest = snapshotManifestSchema.safeParse(json);
  if (!manifest.success) throw damaged("has a snapshot.json of another form", manifest.error);
  const path = join(place, "master.parquet");
  const size = (await stat(path).catch(() => null))?.size;
  if (size !== manifest.data.sizeBytes) {
    throw damaged(`should have a master.parquet of ${manifest.data.sizeBytes} bytes, but it has ${size ?? "none"}`);
  }
  return { id: manifest.data.id, path, manifest: manifest.data };
}
