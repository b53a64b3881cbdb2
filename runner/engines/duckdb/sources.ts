import type { DataDescription } from "../../data/description.ts";
import type { StreamSpec } from "../../data/streams.ts";
import { DataError } from "../data-error.ts";
import type { StreamDescription } from "../engine.ts";
import type { Lease } from "./lease.ts";
import { Statement } from "./statement.ts";
import { escapeGlob, streamFiles } from "./stream-files.ts";
import { addReadCsv, checkCsvFiles, checkParquetFiles } from "./stream-schema.ts";

/** A stream whose files were found and compared. */
export interface Source {
  readonly name: string;
  readonly spec: StreamSpec;
  readonly files: readonly string[];
}

/** Finds the files of all streams and checks that those of one stream agree. */
export async function findSources(data: DataDescription, projectDir: string, lease: Lease): Promise<Source[]> {
  const sources: Source[] = [];
  for (const [name, spec] of Object.entries(data.streams)) {
    if (spec.kind !== "parquet" && spec.kind !== "csv") {
      sources.push({ name, spec, files: [] });
      continue;
    }
    const files = await streamFiles(name, spec, projectDir, lease);
    sources.push({ name, spec: await checked(name, spec, files, lease), files });
  }
  return sources;
}

async function checked(name: string, spec: StreamSpec, files: string[], lease: Lease): Promise<StreamSpec> {
  try {
    if (spec.kind === "parquet") await checkParquetFiles(name, files, lease);
    if (spec.kind === "csv" && files.length > 1) {
      const widened = await checkCsvFiles(name, files, spec.options, lease);
      return { ...spec, options: { ...spec.options, types: { ...widened, ...spec.options.types } } };
    }
    return spec;
  } catch (error) {
    if (!(error instanceof DataError) || error.code !== "SQL") throw error;
    const file = files.find((one) => error.message.includes(one)) ?? files[0];
    const message = `stream "${name}": ${file} can't be read as ${spec.kind === "csv" ? "CSV" : "Parquet"}: ${error.message}`;
    throw new DataError("DAMAGED_FILE", message, { stream: name, file }, { cause: error });
  }
}

/** `with "a" as (...), "b" as (...)`: the streams under their names, for the statement that follows. */
export function addSources(statement: Statement, sources: readonly Source[], catalog: string | null): Statement {
  sources.forEach((source, index) => {
    statement
      .add(index === 0 ? "with " : ",\n")
      .identifier(source.name)
      .add(" as ");
    addSource(statement, source, catalog);
  });
  return statement.add("\n");
}

function addSource(statement: Statement, { name, spec, files }: Source, catalog: string | null): void {
  switch (spec.kind) {
    case "parquet":
      statement.add("(select * from read_parquet([").list(files.map(escapeGlob)).add("]))");
      break;
    case "csv":
      addReadCsv(statement.add("(select * from "), files, spec.options).add(")");
      break;
    case "table":
      addTable(statement, name, spec.name, catalog);
      break;
    case "query":
      statement.query(spec.query, `streams.${name}`);
      break;
  }
}

function addTable(statement: Statement, stream: string, table: string, catalog: string | null): void {
  if (catalog === null) {
    const advice = "say which database file holds it: duckdb({ database })";
    throw new DataError("STREAM_NOT_FOUND", `stream "${stream}": the engine has no table ${table}; ${advice}`, {
      stream,
    });
  }
  // With its catalog, so that a stream may have its table's name: within `with t as (select * from t)`, t is the stream.
  const parts = table.split(".");
  const full = parts.length === 1 ? [catalog, "main", ...parts] : parts;
  statement.add("(select * from ");
  full.forEach((part, index) => {
    statement.add(index === 0 ? "" : ".").identifier(part);
  });
  statement.add(")");
}

/** Columns and number of rows of each stream. */
export async function describeSources(
  sources: readonly Source[],
  catalog: string | null,
  lease: Lease,
): Promise<StreamDescription[]> {
  const descriptions: StreamDescription[] = [];
  for (const { name, spec, files } of sources) {
    const select = (columns: string): Statement =>
      addSources(new Statement(), sources, catalog).add(`select ${columns} from `).identifier(name);
    const columns = await lease.columns(select("*").add(" limit 0"));
    const [[numRows]] = await lease.rows(select("count(*)"));
    descriptions.push({ name, spec, files, columns, numRows: Number(numRows) });
  }
  return descriptions;
}
