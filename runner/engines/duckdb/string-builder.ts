import type { Vector as DuckDbVector } from "@duckdb/node-bindings";
import { type Data, Dictionary, Int32, makeData, Utf8, Vector } from "apache-arrow";
import { StringInterner } from "../../table/string-interner.ts";
import { type ColumnBuilder, reserved } from "./column-builders.ts";
import type { NativeVectors } from "./native.ts";
import { StringVector } from "./string-vector.ts";
import { ValidityBuilder } from "./validity-builder.ts";

/** Text as a dictionary of the strings that occur. */
export class StringBuilder implements ColumnBuilder {
  readonly type = new Dictionary(new Utf8(), new Int32());
  readonly #native: NativeVectors;
  readonly #validity = new ValidityBuilder();
  #interner = new StringInterner();
  #codes = new Int32Array(0);
  #length = 0;

  constructor(native: NativeVectors) {
    this.#native = native;
  }

  append(vector: DuckDbVector, count: number): void {
    const strings = new StringVector(this.#native, vector, count);
    this.#codes = reserved(this.#codes, this.#length + count);
    for (let row = 0, at = this.#length; row < count; row++, at++) {
      if (strings.isNull(row)) {
        this.#codes[at] = 0;
        continue;
      }
      strings.seek(row);
      this.#codes[at] = this.#interner.intern(strings.bytes, strings.start, strings.end);
    }
    this.#length += count;
    this.#validity.append(strings.validity, count);
  }

  data(length: number): Data {
    const { offsets, bytes } = this.#interner.utf8();
    const strings = makeData({
      type: new Utf8(),
      length: this.#interner.size,
      nullCount: 0,
      valueOffsets: offsets,
      data: bytes,
    });
    return makeData({
      type: this.type,
      length,
      data: this.#codes.subarray(0, length),
      dictionary: new Vector([strings]),
      ...this.#validity.data(length),
    });
  }

  /** The strings of the dropped rows go too. */
  keepFrom(row: number): void {
    const { offsets, bytes } = this.#interner.utf8();
    const interner = new StringInterner();
    for (let at = row; at < this.#length; at++) {
      const code = this.#codes[at];
      // A null row has code 0, which names nothing where all rows are null.
      this.#codes[at - row] = offsets.length > 1 ? interner.intern(bytes, offsets[code], offsets[code + 1]) : 0;
    }
    this.#interner = interner;
    this.#length -= row;
    this.#validity.keepFrom(row);
  }
}
