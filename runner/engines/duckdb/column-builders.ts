import type { Vector as DuckDbVector } from "@duckdb/node-bindings";
import { Bool, type Data, type DataType, Decimal, makeData } from "apache-arrow";
import type { NativeVectors } from "./native.ts";
import { ValidityBuilder } from "./validity-builder.ts";

/**
 * Grows one Arrow column out of DuckDB's raw vectors, in Arrow's own layout, so that a batch is only views on what is
 * here. No values become JavaScript objects: 1,000,000 rows x 20 columns take half a second, DuckDB's own row and
 * column readers 5 to 17 s.
 */
export interface ColumnBuilder {
  readonly type: DataType;
  /** Appends the first `count` rows of a vector. */
  append(vector: DuckDbVector, count: number): void;
  /** The first `length` rows, as views that are valid until the next change. */
  data(length: number): Data;
  /** Drops the rows before `row`. */
  keepFrom(row: number): void;
}

/** Types whose bytes are the same in DuckDB and Arrow. */
export class PlainBuilder implements ColumnBuilder {
  readonly type: DataType;
  readonly #native: NativeVectors;
  readonly #width: number;
  readonly #validity = new ValidityBuilder();
  #bytes = new Uint8Array(0);
  #length = 0;

  /** @param width bytes a value. */
  constructor(native: NativeVectors, type: DataType, width: number) {
    this.#native = native;
    this.type = type;
    this.#width = width;
  }

  append(vector: DuckDbVector, count: number): void {
    const width = this.#width;
    this.#bytes = reserved(this.#bytes, (this.#length + count) * width);
    this.#bytes.set(this.#native.data(vector, count * width), this.#length * width);
    this.#length += count;
    this.#validity.append(this.#native.validity(vector, count), count);
  }

  data(length: number): Data {
    const data = this.#bytes.subarray(0, length * this.#width);
    // `makeData` has a signature for each type but none for "one of these". All plain types take these fields, and it
    // views the bytes as the type's own array; `chunk-reader.ts` chooses type and width together.
    return makeData({ type: this.type, length, data, ...this.#validity.data(length) } as never);
  }

  keepFrom(row: number): void {
    this.#bytes.copyWithin(0, row * this.#width, this.#length * this.#width);
    this.#length -= row;
    this.#validity.keepFrom(row);
  }
}

/** A byte a value in DuckDB, a bit in Arrow. */
export class BooleanBuilder implements ColumnBuilder {
  readonly type = new Bool();
  readonly #native: NativeVectors;
  readonly #validity = new ValidityBuilder();
  #bytes = new Uint8Array(0);
  #length = 0;

  constructor(native: NativeVectors) {
    this.#native = native;
  }

  append(vector: DuckDbVector, count: number): void {
    this.#bytes = reserved(this.#bytes, this.#length + count);
    this.#bytes.set(this.#native.data(vector, count), this.#length);
    this.#length += count;
    this.#validity.append(this.#native.validity(vector, count), count);
  }

  data(length: number): Data {
    const bits = new Uint8Array((length + 7) >> 3);
    for (let row = 0; row < length; row++) if (this.#bytes[row] === 1) bits[row >> 3] |= 1 << (row & 7);
    return makeData({ type: this.type, length, data: bits, ...this.#validity.data(length) });
  }

  keepFrom(row: number): void {
    this.#bytes.copyWithin(0, row, this.#length);
    this.#length -= row;
    this.#validity.keepFrom(row);
  }
}

/** 2, 4, 8 or 16 bytes a value in DuckDB, by precision; always 16 here, which every Arrow reader knows. */
export class DecimalBuilder implements ColumnBuilder {
  readonly type: Decimal;
  readonly #native: NativeVectors;
  readonly #width: number;
  readonly #validity = new ValidityBuilder();
  #words = new Int32Array(0);
  #length = 0;

  constructor(native: NativeVectors, precision: number, scale: number) {
    this.#native = native;
    this.type = new Decimal(scale, precision, 128);
    this.#width = precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16;
  }

  append(vector: DuckDbVector, count: number): void {
    const bytes = this.#native.data(vector, count * this.#width);
    const from =
      this.#width === 2
        ? new Int16Array(bytes.buffer, bytes.byteOffset, count)
        : new Int32Array(bytes.buffer, bytes.byteOffset, (count * this.#width) / 4);
    const wordsPerValue = Math.max(1, this.#width / 4);
    this.#words = reserved(this.#words, (this.#length + count) * 4);
    for (let row = 0, at = this.#length * 4; row < count; row++, at += 4) {
      const source = row * wordsPerValue;
      const sign = from[source + wordsPerValue - 1] >> 31;
      for (let word = 0; word < 4; word++) this.#words[at + word] = word < wordsPerValue ? from[source + word] : sign;
    }
    this.#length += count;
    this.#validity.append(this.#native.validity(vector, count), count);
  }

  data(length: number): Data {
    const data = new Uint32Array(this.#words.buffer, 0, length * 4);
    return makeData({ type: this.type, length, data, ...this.#validity.data(length) });
  }

  keepFrom(row: number): void {
    this.#words.copyWithin(0, row * 4, this.#length * 4);
    this.#length -= row;
    this.#validity.keepFrom(row);
  }
}

/** Room for `length` values, what is there kept. */
export function reserved<T extends Uint8Array | Int32Array>(array: T, length: number): T {
  if (length <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => T)(Math.max(length, array.length * 2, 4096));
  larger.set(array);
  return larger;
}
