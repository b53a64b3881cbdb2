import type { CsvOptions } from "../../data/streams.ts";
import { DataError } from "../data-error.ts";
import type { EngineColumn } from "../engine.ts";
import type { Lease } from "./lease.ts";
import { Statement } from "./statement.ts";
import { escapeGlob } from "./stream-files.ts";

/** Columns of one file of a stream. */
interface FileSchema {
  readonly file: string;
  readonly columns: readonly EngineColumn[];
}

/** Widest last: between these, detection from a CSV file's values may differ without harm. */
const CSV_NUMBERS = ["BIGINT", "DOUBLE"];

/**
 * Compares the columns of a stream's files, because DuckDB would widen a changed type silently (an integer and a text
 * column become text) or fail halfway.
 *
 * @throws DataError naming both files and what differs.
 */
export async function checkParquetFiles(stream: string, files: readonly string[], lease: Lease): Promise<void> {
  const statement = new Statement().add(
    "select file_name, name, coalesce(duckdb_type, logical_type, type, 'group') from ",
  );
  statement.add("parquet_schema([").list(files.map(escapeGlob)).add("])");
  const schemas = new Map<string, EngineColumn[]>();
  for (const [file, name, sqlType] of await lease.rows(statement)) {
    const columns = schemas.get(String(file));
    if (columns === undefined)
      schemas.set(String(file), []); // the first element of a file is its root
    else columns.push({ name: String(name), sqlType: String(sqlType) });
  }
  const all = [...schemas].map(([file, columns]): FileSchema => ({ file, columns }));
  for (const schema of all.slice(1)) compareColumns(stream, all[0], schema, () => false);
}

/**
 * The same for CSV files, whose types are detected. Integers in one file and doubles in another are fine; the result
 * says which columns are to be read as doubles for that.
 */
export async function checkCsvFiles(
  stream: string,
  files: readonly string[],
  options: CsvOptions,
  lease: Lease,
): Promise<Record<string, string>> {
  const schemas: FileSchema[] = [];
  for (const file of files) {
    const statement = addReadCsv(new Statement().add("select * from "), [file], options).add(" limit 0");
    schemas.push({ file, columns: await lease.columns(statement) });
  }
  const widened: Record<string, string> = {};
  for (const schema of schemas.slice(1)) {
    compareColumns(stream, schemas[0], schema, (column, first, second) => {
      if (!CSV_NUMBERS.includes(first) || !CSV_NUMBERS.includes(second)) return false;
      widened[column] = "DOUBLE";
      return true;
    });
  }
  return widened;
}

function compareColumns(
  stream: string,
  first: FileSchema,
  second: FileSchema,
  mayDiffer: (column: string, first: string, second: string) => boolean,
): void {
  const types = new Map(first.columns.map(({ name, sqlType }) => [name, sqlType]));
  const fail = (column: string, problem: string): never => {
    const advice = "give the files the same columns, or read them by query(sql`...`) with casts";
    throw new DataError("CHANGED_SCHEMA", `stream "${stream}": ${problem}; ${advice}`, {
      stream,
      column,
      file: second.file,
    });
  };
  for (const { name, sqlType } of second.columns) {
    const before = types.get(name);
    if (before === undefined) fail(name, `column "${name}" is in ${second.file} but not in ${first.file}`);
    else if (before !== sqlType && !mayDiffer(name, before, sqlType)) {
      fail(name, `column "${name}" is ${before} in ${first.file} but ${sqlType} in ${second.file}`);
    }
    types.delete(name);
  }
  for (const name of types.keys()) fail(name, `column "${name}" is in ${first.file} but not in ${second.file}`);
}

/** `read_csv(...)` with everything bound. */
export function addReadCsv(statement: Statement, files: readonly string[], options: CsvOptions): Statement {
  statement.add("read_csv([").list(files.map(escapeGlob)).add("]");
  if (options.delimiter !== undefined) statement.add(", delim = ").value(options.delimiter);
  if (options.header !== undefined) statement.add(`, header = ${options.header}`);
  if (options.quote !== undefined) statement.add(", quote = ").value(options.quote);
  if (options.nullText !== undefined) statement.add(", nullstr = ['', ").value(options.nullText).add("]");
  if (options.decimalSeparator !== undefined) statement.add(", decimal_separator = ").value(options.decimalSeparator);
  if (options.dateFormat !== undefined) statement.add(", dateformat = ").value(options.dateFormat);
  const types = Object.entries(options.types ?? {});
  if (types.length > 0) {
    statement.add(", types = {");
    types.forEach(([name, type], index) => {
      statement
        .add(index === 0 ? "" : ", ")
        .identifier(name)
        .add(": ")
        .value(type);
    });
    statement.add("}");
  }
  return statement.add(")");
}
