import * as z from "zod/mini";

/** Options of the embedded engine. */
export interface DuckDbOptions {
  /** Most memory the engine may use before it spills to disk, e.g. "2GB". Default: a quarter of the machine's, at most 2 GiB. */
  readonly memoryLimit?: string;
  /** Threads of one query. Default: all cores. */
  readonly threads?: number;
  /** A DuckDB database file for `table(...)` streams, relative to the project's folder; opened read-only. */
  readonly database?: string;
}

/** Which engine computes the master table. Plain JSON. */
export type EngineSpec = { readonly kind: "duckdb"; readonly options: DuckDbOptions };

const duckDbOptionsSchema = z.strictObject({
  memoryLimit: z.exactOptional(
    z.string().check(z.regex(/^\d+(\.\d+)? ?([KMGT]i?B|%)$/i, 'is not a size such as "2GB"')),
  ),
  threads: z.exactOptional(z.int().check(z.gte(1))),
  database: z.exactOptional(z.string().check(z.minLength(1))),
});

export const engineSpecSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("duckdb"), options: duckDbOptionsSchema }),
]);

/** The embedded engine: DuckDB in the runner's own process. Nothing to install or start. */
export function duckdb(options: DuckDbOptions = {}): EngineSpec {
  return { kind: "duckdb", options };
}
