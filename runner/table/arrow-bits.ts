import type { Table as ArrowTable, Data, DataType } from "apache-arrow";

/** The typed arrays that Arrow's fixed-width types use, but those of 64-bit integers. */
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** The chunks of a column that have rows; empty ones may lack their buffers, and even their columns. */
export function columnChunks(arrow: ArrowTable, column: number): Data[] {
  return arrow.batches.filter((batch) => batch.numRows > 0).map((batch) => batch.data.children[column]);
}

/** Bit `index` of an Arrow bitmap (least significant first). */
export function bit(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >> 3] >> (index & 7)) & 1) === 1;
}

/**
 * The validity bitmap of a chunk, or null where all rows are valid. Row `i` is bit `chunk.offset + i`: bitmaps are not
 * moved when Arrow slices a chunk, values are.
 */
export function validity(chunk: Data): Uint8Array | null {
  const bitmap: unknown = chunk.nullBitmap; // there is none in a column of nulls
  return chunk.nullCount > 0 && bitmap instanceof Uint8Array && bitmap.length > 0 ? bitmap : null;
}

/** Calls nothing per row: sets `values` at the chunk's null rows to NaN. @param at index of the chunk's first row. */
export function maskNulls(chunk: Data, values: Float64Array, at: number): void {
  const bitmap = validity(chunk);
  if (bitmap === null) return;
  for (let row = 0, index = chunk.offset; row < chunk.length; row++, index++) {
    if (((bitmap[index >> 3] >> (index & 7)) & 1) === 0) values[at + row] = Number.NaN;
  }
}

/** The chunk's values as a typed array of exactly its rows (times the stride). @throws TypeError for other layouts. */
export function numberValues(chunk: Data, stride = 1): NumberArray {
  const values: unknown = chunk.values;
  if (ArrayBuffer.isView(values) && !(values instanceof DataView) && !isBigIntArray(values)) {
    return (values as NumberArray).subarray(0, chunk.length * stride);
  }
  throw new TypeError(`a chunk of ${chunk.type} without plain numbers`);
}

function isBigIntArray(view: ArrayBufferView): view is BigInt64Array | BigUint64Array {
  return view instanceof BigInt64Array || view instanceof BigUint64Array;
}

/** The chunk's values as 32-bit words, little end first: 2 a row for 64-bit types, 4 for Decimal128. */
export function words(chunk: Data<DataType>, wordsPerRow: number): Int32Array {
  const values: unknown = chunk.values;
  if (!ArrayBuffer.isView(values)) throw new TypeError(`a chunk of ${chunk.type} without values`);
  return new Int32Array(values.buffer, values.byteOffset, chunk.length * wordsPerRow);
}

/** Start and end of the strings of a Utf8 or LargeUtf8 chunk: `length + 1` offsets into `chunk.values`. */
export function stringOffsets(chunk: Data): Int32Array | Float64Array {
  const offsets: unknown = chunk.valueOffsets;
  if (offsets instanceof Int32Array) return offsets;
  if (offsets instanceof BigInt64Array) return Float64Array.from(offsets.subarray(0, chunk.length + 1), Number);
  throw new TypeError(`a chunk of ${chunk.type} without offsets`);
}
