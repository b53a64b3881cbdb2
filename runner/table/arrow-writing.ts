import {
  Table as ArrowTable,
  Bool,
  type Data,
  DateDay,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
  Vector,
} from "apache-arrow";
import type { CategoricalColumn, Column, NumericColumn } from "./column.ts";
import type { Table } from "./table.ts";

/**
 * A {@link Table} as an Arrow table of one batch; missing values become nulls. Types: float64, int64, bool, date32,
 * timestamp in microseconds UTC, and dictionary of utf8 with only the categories that occur. Doubles are not copied.
 * An integer or date column that holds fractions or infinities (after scaling, say) is written as float64.
 */
export function arrowFromTable(table: Table): ArrowTable {
  const children = [...table.entries()].map(([, column]) => dataOf(column));
  const fields = [...table.entries()].map(([name], index) => Field.new(name, children[index].type, true));
  const schema = new Schema(fields);
  const data = makeData({ type: new Struct(fields), length: table.numRows, nullCount: 0, children });
  return new ArrowTable(schema, [new RecordBatch(schema, data)]);
}

function dataOf(column: Column): Data {
  if (column.kind === "categorical") return dictionaryData(column);
  const { values } = column;
  const nulls = nullsWhere(values.length, (row) => Number.isNaN(values[row]));
  const common = { length: values.length, ...nulls };
  if (column.type === "boolean") return makeData({ type: new Bool(), data: bitmapOf(values), ...common });
  if (column.type === "timestamp" && isWhole(column, 1000)) {
    return makeData({ type: new TimestampMicrosecond("UTC"), data: int64Of(values, 1000), ...common });
  }
  if (column.type === "date" && isWhole(column, 1, 2 ** 31)) {
    return makeData({ type: new DateDay(), data: Int32Array.from(values), ...common });
  }
  if (column.type === "integer" && isWhole(column, 1)) {
    return makeData({ type: new Int64(), data: int64Of(values, 1), ...common });
  }
  return makeData({ type: new Float64(), data: values, ...common });
}

/** Arrow's bitmap of the rows that are not null, and how many are. */
function nullsWhere(
  length: number,
  isNull: (row: number) => boolean,
): { nullCount: number; nullBitmap: Uint8Array | null } {
  let nullCount = 0;
  for (let row = 0; row < length; row++) if (isNull(row)) nullCount++;
  if (nullCount === 0) return { nullCount, nullBitmap: null };
  const nullBitmap = new Uint8Array((length + 7) >> 3);
  for (let row = 0; row < length; row++) if (!isNull(row)) nullBitmap[row >> 3] |= 1 << (row & 7);
  return { nullCount, nullBitmap };
}

function bitmapOf(values: Float64Array): Uint8Array {
  const bitmap = new Uint8Array((values.length + 7) >> 3);
  for (let row = 0; row < values.length; row++) {
    if (values[row] !== 0 && !Number.isNaN(values[row])) bitmap[row >> 3] |= 1 << (row & 7);
  }
  return bitmap;
}

/** Is every value, scaled, missing or an integer whose magnitude is below `limit`? Time stamps round to the microsecond. */
function isWhole({ values, type }: NumericColumn, scale: number, limit = 2 ** 63): boolean {
  for (let row = 0; row < values.length; row++) {
    const value = values[row] * scale;
    if (Number.isNaN(value)) continue;
    if (Math.abs(value) >= limit || (type !== "timestamp" && !Number.isInteger(value))) return false;
  }
  return true;
}

/** Rounded `values * scale` as 64-bit integers, written as two 32-bit halves; missing is 0. */
function int64Of(values: Float64Array, scale: number): BigInt64Array {
  const integers = new BigInt64Array(values.length);
  const halves = new Int32Array(integers.buffer);
  for (let row = 0; row < values.length; row++) {
    const value = Math.round(values[row] * scale);
    if (Number.isNaN(value)) continue;
    const high = Math.floor(value / 4294967296);
    halves[2 * row] = value - high * 4294967296; // modulo 2^32, also above 2^31
    halves[2 * row + 1] = high;
  }
  return integers;
}

function dictionaryData({ codes, categories }: CategoricalColumn): Data {
  const used: string[] = [];
  const indexOf = categories.length > codes.length ? new Map<number, number>() : null;
  const indexByCode = indexOf === null ? new Int32Array(categories.length).fill(-1) : null;
  const indices = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row];
    if (code < 0) continue;
    let index = indexOf?.get(code) ?? indexByCode?.[code] ?? -1;
    if (index < 0) {
      index = used.push(categories[code]) - 1;
      indexOf?.set(code, index);
      if (indexByCode !== null) indexByCode[code] = index;
    }
    indices[row] = index;
  }
  return makeData({
    type: new Dictionary(new Utf8(), new Int32()),
    data: indices,
    dictionary: new Vector([utf8Data(used)]),
    length: codes.length,
    ...nullsWhere(codes.length, (row) => codes[row] < 0),
  });
}

function utf8Data(strings: readonly string[]): Data<Utf8> {
  const encoder = new TextEncoder();
  const encoded = strings.map((text) => encoder.encode(text));
  const offsets = new Int32Array(strings.length + 1);
  encoded.forEach((bytes, index) => {
    offsets[index + 1] = offsets[index] + bytes.length;
  });
  const data = new Uint8Array(offsets[strings.length]);
  encoded.forEach((bytes, index) => {
    data.set(bytes, offsets[index]);
  });
  return makeData({ type: new Utf8(), length: strings.length, nullCount: 0, valueOffsets: offsets, data });
}
