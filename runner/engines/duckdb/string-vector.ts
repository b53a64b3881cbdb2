import type { Vector } from "@duckdb/node-bindings";
import type { NativeVectors } from "./native.ts";

const STRING_BYTES = 16; // length, then up to 12 bytes inline, or 4 bytes of prefix and a pointer
const INLINE_LIMIT = 12;
/** The smallest page of any machine we run on. */
const PAGE_BYTES = 4096;
const MAX_BLOCK_BYTES = 1 << 20;

/**
 * The strings of one DuckDB vector. Long ones are behind pointers, and each call that follows a pointer takes about a
 * microsecond; after a sort they lie one behind the other in memory, so a whole run of them is copied at once
 * (1,000,000 rows x 5 columns of long strings: 0.7 s instead of 5 s).
 */
export class StringVector {
  /** Where the string last sought is: `bytes[start, end)`. */
  bytes: Uint8Array;
  start = 0;
  end = 0;
  readonly #native: NativeVectors;
  readonly #values: Uint8Array;
  readonly #words: Uint32Array;
  readonly #validity: Uint8Array | null;
  readonly #count: number;
  #block: Uint8Array = new Uint8Array(0);
  /** The address that the block was copied from. */
  #blockAddress = 0;

  constructor(native: NativeVectors, vector: Vector, count: number) {
    this.#native = native;
    this.#values = native.data(vector, count * STRING_BYTES);
    this.#words = new Uint32Array(this.#values.buffer, this.#values.byteOffset, count * 4);
    this.#validity = native.validity(vector, count);
    this.#count = count;
    this.bytes = this.#values;
  }

  get validity(): Uint8Array | null {
    return this.#validity;
  }

  isNull(row: number): boolean {
    return this.#validity !== null && ((this.#validity[row >> 3] >> (row & 7)) & 1) === 0;
  }

  /** Finds a row's string, which must not be null. */
  seek(row: number): void {
    const size = this.#words[row * 4];
    if (size <= INLINE_LIMIT) {
      this.bytes = this.#values;
      this.start = row * STRING_BYTES + 4;
    } else {
      let start = this.#address(row) - this.#blockAddress;
      if (start < 0 || start + size > this.#block.length) {
        this.#copyRun(row, size);
        start = 0;
      }
      this.bytes = this.#block;
      this.start = start;
    }
    this.end = this.start + size;
  }

  /** Addresses have at most 48 bits, which a double holds exactly. */
  #address(row: number): number {
    return this.#words[row * 4 + 3] * 4294967296 + this.#words[row * 4 + 2];
  }

  /**
   * Copies the string at `row` and those of the following rows that lie behind it with gaps of less than a page. Such a
   * gap has no page of its own between two strings, so all that is read is in pages that are there.
   */
  #copyRun(row: number, size: number): void {
    const start = this.#address(row);
    let end = start + size;
    for (let next = row + 1; next < this.#count && end - start < MAX_BLOCK_BYTES; next++) {
      const nextSize = this.#words[next * 4];
      if (nextSize <= INLINE_LIMIT || this.isNull(next)) continue;
      const address = this.#address(next);
      if (address < start || address - end >= PAGE_BYTES) break;
      end = Math.max(end, address + nextSize);
    }
    this.#block = this.#native.pointee(this.#values, row * STRING_BYTES + 8, end - start);
    this.#blockAddress = start;
  }
}
