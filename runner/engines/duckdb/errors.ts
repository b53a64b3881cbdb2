import { DataError } from "../data-error.ts";
import type { Statement } from "./statement.ts";

/** What messages need to know about the project. */
export interface ErrorContext {
  readonly className: string;
  /** Streams with the files that they stand for. */
  readonly streams: readonly { readonly name: string; readonly files: readonly string[] }[];
}

interface DuckDbError {
  readonly type: string;
  readonly message: string;
  readonly subtype: string;
  /** The column or table that is missing. */
  readonly name: string;
  readonly position: number | null;
}

/** DuckDB's error as one of ours, in terms of the user's streams and queries. */
export function dataErrorFrom(error: unknown, statement: Statement, context: ErrorContext): Error {
  if (error instanceof DataError) return error;
  const cause = { cause: error };
  const failure = parseDuckDbError(error);
  if (failure.type === "Interrupt") return new DataError("ABORTED", "the query was interrupted", {}, cause);
  if (failure.type === "Out of Memory") return outOfMemory(failure, cause);
  const file = fileIn(failure.message, context);
  if (file !== null) {
    const message = `stream "${file.stream}": the file ${file.file} can't be read: ${failure.message}`;
    return new DataError("DAMAGED_FILE", message, file, cause);
  }
  if (failure.type === "IO" && /no space|write|temporary/i.test(failure.message)) {
    return new DataError("DISK", `DuckDB could not write its temporary files: ${failure.message}`, {}, cause);
  }
  const files = context.streams.flatMap((stream) => stream.files);
  if (failure.type === "Invalid" && files.length > 0) {
    // Not an error of DuckDB's own but of a decoder below it, which does not know what it reads.
    const shown = `${files.slice(0, 3).join(", ")}${files.length > 3 ? ` and ${files.length - 3} more` : ""}`;
    const message = `reading failed (${failure.message}); one of these files must be damaged: ${shown}`;
    return new DataError("DAMAGED_FILE", message, {}, cause);
  }
  return sqlError(failure, statement, context, cause);
}

function outOfMemory(failure: DuckDbError, cause: ErrorOptions): DataError {
  const advice = "raise it with duckdb({ memoryLimit }), or select fewer columns in the master's SQL";
  return new DataError("OUT_OF_MEMORY", `DuckDB reached its memory limit: ${advice} (${failure.message})`, {}, cause);
}

function sqlError(failure: DuckDbError, statement: Statement, context: ErrorContext, cause: ErrorOptions): DataError {
  const found = failure.position === null ? null : statement.locate(failure.position);
  const query = found?.label ?? statement.parts.at(-1)?.label ?? null;
  const isOption = query?.startsWith("--") ?? false;
  const name = query === null ? context.className : isOption ? query : `${context.className}.${query}`;
  const at = found === null ? "" : ` (line ${found.line}, character ${found.character})`;
  const streams = context.streams.map((stream) => stream.name).join(", ") || "none";
  const isUnknownTable = failure.subtype === "MISSING_ENTRY" && /^Table /.test(failure.message);
  const message = isUnknownTable
    ? `${name}${at} reads "${failure.name}", which is not a stream; the streams are ${streams}`
    : `${name}${at}: ${failure.message}`;
  const place = {
    ...(query === null ? {} : { query }),
    ...(found === null ? {} : { line: found.line, character: found.character }),
    ...(failure.subtype === "COLUMN_NOT_FOUND" ? { column: failure.name } : {}),
    ...(isUnknownTable ? { stream: failure.name } : {}),
  };
  return new DataError(isUnknownTable ? "STREAM_NOT_FOUND" : "SQL", message, place, cause);
}

function fileIn(message: string, context: ErrorContext): { stream: string; file: string } | null {
  for (const { name, files } of context.streams) {
    for (const file of files) if (message.includes(file)) return { stream: name, file };
  }
  return null;
}

/** Reads what `set errors_as_json = true` makes of an error; some errors come with a prefix, some as plain text. */
function parseDuckDbError(error: unknown): DuckDbError {
  const text = error instanceof Error ? error.message : String(error);
  const prefix = /^([A-Z]\w*(?: \w+)*) Error: /.exec(text)?.[1] ?? "";
  const plain: DuckDbError = { type: prefix, message: text, subtype: "", name: "", position: null };
  const start = text.indexOf("{");
  if (start < 0) return plain;
  let fields: unknown;
  try {
    fields = JSON.parse(text.slice(start));
  } catch {
    return plain;
  }
  if (typeof fields !== "object" || fields === null) return plain;
  const read = (name: string): string => {
    const value: unknown = Reflect.get(fields, name);
    return typeof value === "string" ? value : "";
  };
  if (read("exception_message") === "") return plain;
  return {
    type: read("exception_type"),
    message: read("exception_message")
      .replace(/[^\P{Cc}\n]/gu, "")
      .trim(),
    subtype: read("error_subtype"),
    name: read("name"),
    position: read("position") === "" ? null : Number(read("position")),
  };
}
