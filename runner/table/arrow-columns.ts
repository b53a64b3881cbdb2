import { type Data, DataType, DateUnit, Precision, TimeUnit } from "apache-arrow";
import { bit, maskNulls, type NumberArray, numberValues, stringOffsets, validity, words } from "./arrow-bits.ts";
import { type Column, categorical, type NumericType, numeric } from "./column.ts";
import { decimalToNumber } from "./decimal.ts";
import { StringInterner } from "./string-interner.ts";
import { UnsupportedTypeError } from "./unsupported-type-error.ts";

const MAX_INT64 = 2 ** 63; // as a double; DuckDB's "infinity" time stamp is 2^63 - 1
const MAX_INT32 = 2 ** 31 - 1; // DuckDB's "infinity" date

/**
 * One Arrow column, in chunks that have rows, as a {@link Column}. 64-bit integers and decimals become the nearest double.
 *
 * @throws UnsupportedTypeError for lists, structs, bytes, times of day and durations.
 */
export function columnFromChunks(name: string, type: DataType, chunks: readonly Data[]): Column {
  if (DataType.isDictionary(type)) return dictionaryColumn(name, type.dictionary, chunks);
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return stringColumn(chunks);
  const numericType = numericTypeOf(name, type);
  if (isPlainFloat64(type) && chunks.length === 1 && validity(chunks[0]) === null) {
    const values = numberValues(chunks[0]);
    if (values instanceof Float64Array) return numeric(values); // shares the Arrow buffer
  }
  const values = new Float64Array(rowsOf(chunks));
  let at = 0;
  for (const chunk of chunks) {
    fillNumbers(chunk, values, at);
    maskNulls(chunk, values, at);
    at += chunk.length;
  }
  return numeric(values, numericType);
}

function isPlainFloat64(type: DataType): boolean {
  return DataType.isFloat(type) && type.precision === Precision.DOUBLE;
}

function numericTypeOf(name: string, type: DataType): NumericType {
  if (DataType.isInt(type)) return "integer";
  if (DataType.isFloat(type) || DataType.isNull(type)) return "float";
  if (DataType.isDecimal(type)) return type.scale <= 0 ? "integer" : "float";
  if (DataType.isBool(type)) return "boolean";
  if (DataType.isDate(type)) return "date";
  if (DataType.isTimestamp(type)) return "timestamp";
  throw new UnsupportedTypeError(name, String(type), "unnest it, cast it or leave it out in the master's SQL");
}

function rowsOf(chunks: readonly Data[]): number {
  return chunks.reduce((rows, chunk) => rows + chunk.length, 0);
}

/** Writes the chunk's values from index `at`; null rows get something or other. */
function fillNumbers(chunk: Data, out: Float64Array, at: number): void {
  const { type } = chunk;
  if (DataType.isNull(type)) out.fill(Number.NaN, at, at + chunk.length);
  else if (DataType.isBool(type)) fillBooleans(chunk, out, at);
  else if (DataType.isDecimal(type)) fillDecimals(chunk, type.bitWidth / 32, type.scale, out, at);
  else if (DataType.isDate(type)) fillDates(chunk, type.unit, out, at);
  else if (DataType.isTimestamp(type)) fillTimestamps(chunk, type.unit, out, at);
  else if (DataType.isInt(type) && type.bitWidth === 64) fillInt64(chunk, type.isSigned, out, at);
  else if (DataType.isFloat(type) && type.precision === Precision.HALF) fillHalfs(numberValues(chunk), out, at);
  else out.set(numberValues(chunk), at);
}

function fillBooleans(chunk: Data, out: Float64Array, at: number): void {
  const values: unknown = chunk.values;
  if (!(values instanceof Uint8Array)) throw new TypeError("a boolean chunk without its bitmap");
  for (let row = 0; row < chunk.length; row++) out[at + row] = bit(values, chunk.offset + row) ? 1 : 0;
}

/** Both halves in one addition, so that the result is rounded once; without BigInt, which is ten times slower. */
function fillInt64(chunk: Data, signed: boolean, out: Float64Array, at: number): void {
  const halves = words(chunk, 2);
  for (let row = 0; row < chunk.length; row++) {
    const high = halves[2 * row + 1];
    out[at + row] = (signed ? high : high >>> 0) * 4294967296 + (halves[2 * row] >>> 0);
  }
}

function fillDecimals(chunk: Data, wordsPerRow: number, scale: number, out: Float64Array, at: number): void {
  const all = words(chunk, wordsPerRow);
  const bitmap = validity(chunk);
  for (let row = 0; row < chunk.length; row++) {
    if (bitmap !== null && !bit(bitmap, chunk.offset + row)) continue;
    out[at + row] = decimalToNumber(all, row * wordsPerRow, wordsPerRow, scale);
  }
}

function fillDates(chunk: Data, unit: DateUnit, out: Float64Array, at: number): void {
  if (unit === DateUnit.DAY) {
    const days = numberValues(chunk);
    for (let row = 0; row < chunk.length; row++) {
      const day = days[row];
      out[at + row] = day >= MAX_INT32 ? Infinity : day <= -MAX_INT32 ? -Infinity : day;
    }
    return;
  }
  fillInt64(chunk, true, out, at);
  for (let row = at; row < at + chunk.length; row++) out[row] /= 86_400_000;
}

function fillTimestamps(chunk: Data, unit: TimeUnit, out: Float64Array, at: number): void {
  fillInt64(chunk, true, out, at);
  const perMs = {
    [TimeUnit.SECOND]: 0.001,
    [TimeUnit.MILLISECOND]: 1,
    [TimeUnit.MICROSECOND]: 1e3,
    [TimeUnit.NANOSECOND]: 1e6,
  }[unit];
  for (let row = at; row < at + chunk.length; row++) {
    const value = out[row];
    out[row] =
      value >= MAX_INT64 ? Infinity : value <= -MAX_INT64 ? -Infinity : perMs < 1 ? value * 1000 : value / perMs;
  }
}

function fillHalfs(halfs: NumberArray, out: Float64Array, at: number): void {
  for (let row = 0; row < halfs.length; row++) {
    const exponent = (halfs[row] >> 10) & 31;
    const fraction = halfs[row] & 1023;
    const sign = halfs[row] & 0x8000 ? -1 : 1;
    if (exponent === 31) out[at + row] = fraction === 0 ? sign * Infinity : Number.NaN;
    else out[at + row] = sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  }
}

/** The bytes that a string chunk's offsets point into. */
function stringBytes(chunk: Data): Uint8Array {
  const bytes: unknown = chunk.values;
  if (bytes instanceof Uint8Array) return bytes;
  throw new TypeError(`a chunk of ${chunk.type} without bytes`);
}

function stringColumn(chunks: readonly Data[]): Column {
  const codes = new Int32Array(rowsOf(chunks));
  const interner = new StringInterner();
  let at = 0;
  for (const chunk of chunks) {
    const bitmap = validity(chunk);
    const offsets = stringOffsets(chunk);
    const bytes = stringBytes(chunk);
    for (let row = 0; row < chunk.length; row++) {
      const isNull = bitmap !== null && !bit(bitmap, chunk.offset + row);
      codes[at + row] = isNull ? -1 : interner.intern(bytes, offsets[row], offsets[row + 1]);
    }
    at += chunk.length;
  }
  return categorical(codes, interner.strings());
}

/** Each chunk may have a dictionary of its own, and a dictionary may hold nulls and the same value twice. */
function dictionaryColumn(name: string, valueType: DataType, chunks: readonly Data[]): Column {
  const dictionaries = [...new Set(chunks.map((chunk) => chunk.dictionary))].filter((one) => one !== undefined);
  const values = columnFromChunks(
    name,
    valueType,
    dictionaries.flatMap((dictionary) => dictionary.data.filter((chunk) => chunk.length > 0)),
  );
  const firsts = new Map<unknown, number>();
  let first = 0;
  for (const dictionary of dictionaries) {
    firsts.set(dictionary, first);
    first += dictionary.length;
  }
  const rows = new Int32Array(rowsOf(chunks)); // row of the concatenated dictionaries, or -1
  let at = 0;
  for (const chunk of chunks) {
    fillIndices(chunk, firsts.get(chunk.dictionary) ?? 0, rows, at);
    at += chunk.length;
  }
  if (values.kind === "categorical") {
    for (let row = 0; row < rows.length; row++) if (rows[row] >= 0) rows[row] = values.codes[rows[row]];
    return categorical(rows, values.categories);
  }
  const numbers = new Float64Array(rows.length);
  for (let row = 0; row < rows.length; row++) numbers[row] = rows[row] < 0 ? Number.NaN : values.values[rows[row]];
  return numeric(numbers, values.type);
}

function fillIndices(chunk: Data, first: number, rows: Int32Array, at: number): void {
  const bitmap = validity(chunk);
  const raw: unknown = chunk.values;
  const isBig = raw instanceof BigInt64Array || raw instanceof BigUint64Array;
  const indices = isBig ? Float64Array.from(raw.subarray(0, chunk.length), Number) : numberValues(chunk);
  for (let row = 0; row < chunk.length; row++) {
    const isNull = bitmap !== null && !bit(bitmap, chunk.offset + row);
    rows[at + row] = isNull ? -1 : first + indices[row];
  }
}
