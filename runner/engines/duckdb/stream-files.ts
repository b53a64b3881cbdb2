import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { StreamSpec } from "../../data/streams.ts";
import { DataError } from "../data-error.ts";
import type { Lease } from "./lease.ts";
import { Statement } from "./statement.ts";

type FileStream = Extract<StreamSpec, { kind: "parquet" | "csv" }>;

const ENDINGS = { parquet: ["parquet"], csv: ["csv", "csv.gz", "csv.zst"] } as const;

/**
 * The files that a path, a glob or a folder stands for, sorted.
 *
 * @throws DataError naming the stream and the path when there are none.
 */
export async function streamFiles(name: string, spec: FileStream, projectDir: string, lease: Lease): Promise<string[]> {
  const path = resolve(projectDir, spec.path);
  const found = await stat(path).catch(() => null);
  if (found?.isFile()) return [path];
  const missing = (what: string): DataError =>
    new DataError("STREAM_NOT_FOUND", `stream "${name}": ${what}`, { stream: name, file: path });
  if (found?.isDirectory()) {
    const files = await globFiles(
      ENDINGS[spec.kind].map((ending) => `${escapeGlob(path)}/**/*.${ending}`),
      lease,
    );
    if (files.length === 0) throw missing(`the folder ${path} holds no .${spec.kind} file`);
    return files;
  }
  if (!/[*?[]/.test(spec.path)) throw missing(`there is no file or folder ${path}`);
  // Only what the user wrote is a pattern; brackets in the project's own path are not.
  const isRelative = path.startsWith(resolve(projectDir)) && !spec.path.startsWith("/");
  const pattern = isRelative ? `${escapeGlob(resolve(projectDir))}/${spec.path}` : spec.path;
  const files = await globFiles([pattern], lease);
  if (files.length === 0) throw missing(`no file matches ${path}`);
  return files;
}

async function globFiles(patterns: readonly string[], lease: Lease): Promise<string[]> {
  const files: string[] = [];
  for (const pattern of patterns) {
    const statement = new Statement().add("select file from glob(").value(pattern).add(")");
    for (const [file] of await lease.rows(statement)) files.push(String(file));
  }
  return files.sort();
}

/** A path for `read_parquet` and `read_csv`, which take every path for a pattern. */
export function escapeGlob(path: string): string {
  return path.replace(/[*?[]/g, "[$&]");
}
