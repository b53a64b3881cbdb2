import { type Table as ArrowTable, type Data, DataType, DateUnit, Precision, TimeUnit } from "apache-arrow";
import { bit, columnChunks, numberValues, stringOffsets, validity, words } from "../table/arrow-bits.ts";
import { decimalText, decimalToBigInt } from "../table/decimal.ts";
import { UnsupportedTypeError } from "../table/unsupported-type-error.ts";
import { doubleValue, integerValue, isoDate, type KeyType, type KeyValue, timestampText } from "./key-value.ts";
import { type ScenarioId, type ScenarioKey, ScenarioKeyError, scenarioId } from "./scenario.ts";

/** The rows `start` (inclusive) to `end` (exclusive) of a table are one scenario. */
interface ScenarioRows {
  readonly id: ScenarioId;
  readonly key: ScenarioKey;
  readonly start: number;
  readonly end: number;
}

/**
 * The scenarios of a table whose rows are sorted (or at least grouped) by the key: a boundary wherever a key column
 * changes. Compares raw values; text is made only once for each scenario.
 *
 * @throws ScenarioKeyError for an absent key column or a missing key value.
 * @throws UnsupportedTypeError for a key column that is a list, a struct or the like.
 */
export function splitScenarios(arrow: ArrowTable, keyColumns: readonly string[]): ScenarioRows[] {
  const starts = new Uint8Array(arrow.numRows);
  if (arrow.numRows > 0) starts[0] = 1;
  const readers = keyColumns.map((name) => {
    const index = arrow.schema.fields.findIndex((field) => field.name === name);
    if (index < 0) throw new ScenarioKeyError(`the rows have no key column "${name}"`);
    keyTypeOf(name, arrow.schema.fields[index].type);
    const chunks = columnChunks(arrow, index);
    markStarts(name, chunks, starts);
    return new KeyReader(name, chunks);
  });
  const scenarios: ScenarioRows[] = [];
  let start = 0;
  for (let row = 1; row <= starts.length; row++) {
    if (row < starts.length && starts[row] === 0) continue;
    const key: Record<string, KeyValue> = {};
    for (const reader of readers) key[reader.name] = reader.at(start);
    scenarios.push({ id: scenarioId(key), key, start, end: row });
    start = row;
  }
  return scenarios;
}

/** What a key column of this Arrow type holds. @throws UnsupportedTypeError when it can't be part of a key. */
function keyTypeOf(name: string, type: DataType): KeyType {
  if (DataType.isDictionary(type)) return keyTypeOf(name, type.dictionary);
  if (DataType.isInt(type)) return "integer";
  if (DataType.isFloat(type) && type.precision !== Precision.HALF) return "float";
  if (DataType.isDecimal(type)) return "decimal";
  if (DataType.isBool(type)) return "boolean";
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return "string";
  if (DataType.isDate(type)) return "date";
  if (DataType.isTimestamp(type)) return type.timezone ? "timestamptz" : "timestamp";
  throw new UnsupportedTypeError(name, String(type), "a scenario key needs scalar columns");
}

/** Reads the values of one key column, for rows in rising order. */
class KeyReader {
  readonly name: string;
  readonly #chunks: readonly Data[];
  #chunk = 0;
  #first = 0;

  constructor(name: string, chunks: readonly Data[]) {
    this.name = name;
    this.#chunks = chunks;
  }

  at(row: number): KeyValue {
    while (row - this.#first >= this.#chunks[this.#chunk].length) this.#first += this.#chunks[this.#chunk++].length;
    return keyValueAt(this.#chunks[this.#chunk], row - this.#first);
  }
}

/** The value at a row of a chunk, in a key's canonical form. */
export function keyValueAt(chunk: Data, row: number): KeyValue {
  const { type } = chunk;
  if (DataType.isDictionary(type) && chunk.dictionary !== undefined) {
    return new KeyReader("", chunk.dictionary.data).at(Number(chunk.values[row]));
  }
  if (DataType.isInt(type)) return integerValue(BigInt(chunk.values[row]));
  if (DataType.isFloat(type)) return doubleValue(numberValues(chunk)[row]);
  if (DataType.isBool(type)) return bit(chunk.values, chunk.offset + row);
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) {
    const offsets = chunk.valueOffsets;
    const bytes: Uint8Array = chunk.values.subarray(Number(offsets[row]), Number(offsets[row + 1]));
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }
  if (DataType.isDecimal(type)) {
    const perRow = type.bitWidth / 32;
    return decimalText(decimalToBigInt(words(chunk, perRow), row * perRow, perRow), type.scale);
  }
  if (DataType.isDate(type)) {
    const ms = Number(chunk.values[row]) * (type.unit === DateUnit.DAY ? 86_400_000 : 1);
    return isoText(ms, () => isoDate(ms));
  }
  if (DataType.isTimestamp(type)) return timestampAt(BigInt(chunk.values[row]), type.unit, type.timezone ? "Z" : "");
  throw new UnsupportedTypeError("", String(type), "a scenario key needs scalar columns");
}

function timestampAt(value: bigint, unit: TimeUnit, zone: "" | "Z"): string {
  const digits = {
    [TimeUnit.SECOND]: 0,
    [TimeUnit.MILLISECOND]: 3,
    [TimeUnit.MICROSECOND]: 6,
    [TimeUnit.NANOSECOND]: 9,
  }[unit];
  const perSecond = 10n ** BigInt(digits);
  const fraction = ((value % perSecond) + perSecond) % perSecond;
  const ms = Number((value - fraction) / perSecond) * 1000;
  return isoText(ms, () => timestampText(ms, digits === 0 ? "" : String(fraction).padStart(digits, "0"), zone));
}

/** Dates of DuckDB reach beyond those of JavaScript, and include two infinities. */
function isoText(ms: number, text: () => string): string {
  return Math.abs(ms) <= 8.64e15 ? text() : ms > 0 ? "infinity" : "-infinity";
}

/** Sets `starts` at the rows where the column differs from the row before. */
function markStarts(name: string, chunks: readonly Data[], starts: Uint8Array): void {
  let first = 0;
  let last: { chunk: Data; row: number } | null = null;
  for (const chunk of chunks) {
    if (validity(chunk) !== null) throw new ScenarioKeyError(`the key column "${name}" has missing values`);
    if (last !== null && keyValueAt(last.chunk, last.row) !== keyValueAt(chunk, 0)) starts[first] = 1;
    markChanges(chunk, starts.subarray(first, first + chunk.length));
    last = { chunk, row: chunk.length - 1 };
    first += chunk.length;
  }
}

function markChanges(chunk: Data, starts: Uint8Array): void {
  const { type } = chunk;
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) markStrings(chunk, starts);
  else if (DataType.isBool(type)) {
    for (let row = 1; row < starts.length; row++) {
      if (bit(chunk.values, chunk.offset + row) !== bit(chunk.values, chunk.offset + row - 1)) starts[row] = 1;
    }
  } else if (DataType.isFloat(type)) {
    const values = numberValues(chunk);
    for (let row = 1; row < starts.length; row++) {
      const same = values[row] === values[row - 1] || (Number.isNaN(values[row]) && Number.isNaN(values[row - 1]));
      if (!same) starts[row] = 1; // 0 and -0 are one key, and so are all NaN
    }
  } else if (DataType.isDictionary(type)) {
    const codes: Int32Array = chunk.values;
    for (let row = 1; row < starts.length; row++) {
      // A dictionary may hold a value twice, so codes that differ are looked up; that is once a boundary.
      if (codes[row] !== codes[row - 1] && keyValueAt(chunk, row) !== keyValueAt(chunk, row - 1)) starts[row] = 1;
    }
  } else markWords(chunk, starts);
}

/** For types whose equal values have equal bits. */
function markWords(chunk: Data, starts: Uint8Array): void {
  const values: ArrayBufferView & { readonly BYTES_PER_ELEMENT: number } = chunk.values;
  const perRow = (values.BYTES_PER_ELEMENT * chunk.stride) / 4;
  if (perRow < 1) {
    const small = numberValues(chunk);
    for (let row = 1; row < starts.length; row++) if (small[row] !== small[row - 1]) starts[row] = 1;
    return;
  }
  const all = words(chunk, perRow);
  for (let at = perRow; at < all.length; at++) if (all[at] !== all[at - perRow]) starts[(at / perRow) | 0] = 1;
}

function markStrings(chunk: Data, starts: Uint8Array): void {
  const offsets = stringOffsets(chunk);
  const bytes: Uint8Array = chunk.values;
  for (let row = 1; row < starts.length; row++) {
    const start = offsets[row];
    const before = offsets[row - 1];
    const length = offsets[row + 1] - start;
    let same = start - before === length;
    for (let i = 0; same && i < length; i++) same = bytes[start + i] === bytes[before + i];
    if (!same) starts[row] = 1;
  }
}
