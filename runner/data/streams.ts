import * as z from "zod/mini";
import { type SqlQuery, sqlQuerySchema } from "./sql.ts";

/** How a CSV file is read; what is left out is detected from the file. */
export interface CsvOptions {
  /** Between fields, e.g. ";". */
  readonly delimiter?: string;
  /** Is the first line the column names? */
  readonly header?: boolean;
  /** Around fields that hold the delimiter. */
  readonly quote?: string;
  /** Text that means "missing", beside the empty field. */
  readonly nullText?: string;
  /** `","` where decimals are written 1,5. */
  readonly decimalSeparator?: string;
  /** For dates not in ISO form, as in strptime: `%d.%m.%Y`. */
  readonly dateFormat?: string;
  /** SQL types of columns by name, where detection is wrong: `{ store: "varchar" }`. */
  readonly types?: Readonly<Record<string, string>>;
}

/** Where one data stream comes from. Plain JSON; made by {@link parquet}, {@link csv}, {@link table}, {@link query}. */
export type StreamSpec =
  | { readonly kind: "parquet"; readonly path: string }
  | { readonly kind: "csv"; readonly path: string; readonly options: CsvOptions }
  | { readonly kind: "table"; readonly name: string }
  | { readonly kind: "query"; readonly query: SqlQuery };

const csvOptionsSchema = z.strictObject({
  delimiter: z.exactOptional(z.string()),
  header: z.exactOptional(z.boolean()),
  quote: z.exactOptional(z.string()),
  nullText: z.exactOptional(z.string()),
  decimalSeparator: z.exactOptional(z.string()),
  dateFormat: z.exactOptional(z.string()),
  types: z.exactOptional(z.record(z.string(), z.string())),
});

export const streamSpecSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("parquet"), path: z.string().check(z.minLength(1)) }),
  z.object({ kind: z.literal("csv"), path: z.string().check(z.minLength(1)), options: csvOptionsSchema }),
  z.object({ kind: z.literal("table"), name: z.string().check(z.minLength(1)) }),
  z.object({ kind: z.literal("query"), query: sqlQuerySchema }),
]);

/** Parquet: a file, a glob (`data/2024-*.parquet`, `**` for any depth) or a folder, relative to the project's folder. */
export function parquet(path: string): StreamSpec {
  return { kind: "parquet", path };
}

/** CSV: a file, a glob or a folder, relative to the project's folder. Compressed files (`.csv.gz`) are fine. */
export function csv(path: string, options: CsvOptions = {}): StreamSpec {
  return { kind: "csv", path, options };
}

/** A table that the engine knows by name: `catalog.database.table`, of which leading parts may be left out. */
export function table(name: string): StreamSpec {
  return { kind: "table", name };
}

/** The rows of a query. It may read the streams that are declared before it. */
export function query(text: SqlQuery): StreamSpec {
  return { kind: "query", query: text };
}

/** The stream as a person would name its place: a path, a table's name, or "a query". */
export function streamPlace(stream: StreamSpec): string {
  switch (stream.kind) {
    case "parquet":
    case "csv":
      return stream.path;
    case "table":
      return `table ${stream.name}`;
    case "query":
      return "a query";
  }
}
