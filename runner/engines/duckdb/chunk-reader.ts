import type { DuckDBDataChunk } from "@duckdb/node-api";
import {
  Table as ArrowTable,
  type DataType,
  DateDay,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
} from "apache-arrow";
import type { EngineColumn } from "../engine.ts";
import { BooleanBuilder, type ColumnBuilder, DecimalBuilder, PlainBuilder } from "./column-builders.ts";
import type { DuckDb, NativeVectors } from "./native.ts";
import { StringBuilder } from "./string-builder.ts";

/** Arrow type and bytes a value, for types that are the same on both sides. */
const PLAIN: Readonly<Record<string, () => readonly [DataType, number]>> = {
  TINYINT: () => [new Int8(), 1],
  SMALLINT: () => [new Int16(), 2],
  INTEGER: () => [new Int32(), 4],
  BIGINT: () => [new Int64(), 8],
  UTINYINT: () => [new Uint8(), 1],
  USMALLINT: () => [new Uint16(), 2],
  UINTEGER: () => [new Uint32(), 4],
  UBIGINT: () => [new Uint64(), 8],
  FLOAT: () => [new Float32(), 4],
  DOUBLE: () => [new Float64(), 8],
  DATE: () => [new DateDay(), 4],
  TIMESTAMP: () => [new TimestampMicrosecond(), 8],
  TIMESTAMP_S: () => [new TimestampSecond(), 8],
  TIMESTAMP_MS: () => [new TimestampMillisecond(), 8],
  TIMESTAMP_NS: () => [new TimestampNanosecond(), 8],
  "TIMESTAMP WITH TIME ZONE": () => [new TimestampMicrosecond("UTC"), 8],
};

function builderFor(native: NativeVectors, sqlType: string): ColumnBuilder {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(sqlType);
  if (decimal !== null) return new DecimalBuilder(native, Number(decimal[1]), Number(decimal[2]));
  if (sqlType === "VARCHAR") return new StringBuilder(native);
  if (sqlType === "BOOLEAN") return new BooleanBuilder(native);
  const plain = PLAIN[sqlType];
  if (plain === undefined) throw new TypeError(`no Arrow type for ${sqlType}`);
  return new PlainBuilder(native, ...plain());
}

/** Collects DuckDB's chunks of irregular length and hands out Arrow tables of any number of leading rows. */
export class ChunkReader {
  readonly #duckDb: DuckDb;
  readonly #names: readonly string[];
  readonly #builders: readonly ColumnBuilder[];
  #numRows = 0;

  constructor(duckDb: DuckDb, columns: readonly EngineColumn[]) {
    this.#duckDb = duckDb;
    this.#names = columns.map(({ name }) => name);
    this.#builders = columns.map(({ sqlType }) => builderFor(duckDb.native, sqlType));
  }

  get numRows(): number {
    return this.#numRows;
  }

  /** Appends the first `count` rows of a chunk. */
  append(chunk: DuckDBDataChunk, count: number): void {
    this.#builders.forEach((builder, index) => {
      builder.append(this.#duckDb.bindings.data_chunk_get_vector(chunk.chunk, index), count);
    });
    this.#numRows += count;
  }

  /** The first `length` rows, all columns or only some; views that are valid until the next change. */
  table(length: number, names: readonly string[] = this.#names): ArrowTable {
    const children = names.map((name) => this.#builders[this.#names.indexOf(name)].data(length));
    const fields = names.map((name, index) => Field.new(name, children[index].type, true));
    const schema = new Schema(fields);
    const data = makeData({ type: new Struct(fields), length, nullCount: 0, children });
    return new ArrowTable(schema, [new RecordBatch(schema, data)]);
  }

  /** Drops the rows before `row`. */
  keepFrom(row: number): void {
    for (const builder of this.#builders) builder.keepFrom(row);
    this.#numRows -= row;
  }
}
