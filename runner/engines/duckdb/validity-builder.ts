import { bit } from "../../table/arrow-bits.ts";

/** Grows an Arrow validity bitmap; nothing is allocated while no row is null. */
export class ValidityBuilder {
  #bitmap: Uint8Array | null = null;
  #length = 0;
  #nullCount = 0;

  /** Appends `count` rows. @param mask bit `i` says whether row `i` is valid; null means that all are. */
  append(mask: Uint8Array | null, count: number): void {
    const start = this.#length;
    const end = start + count;
    this.#length = end;
    if (mask === null && this.#bitmap === null) return;
    const bitmap = this.#reserve(start, end);
    for (let row = 0, at = start; at < end; row++, at++) {
      if (mask === null || ((mask[row >> 3] >> (row & 7)) & 1) === 1) bitmap[at >> 3] |= 1 << (at & 7);
      else this.#nullCount++;
    }
  }

  #reserve(valid: number, length: number): Uint8Array {
    const bytes = (length + 7) >> 3;
    if (this.#bitmap !== null && bytes <= this.#bitmap.length) return this.#bitmap;
    const larger = new Uint8Array(bytes * 2);
    if (this.#bitmap !== null) larger.set(this.#bitmap);
    else {
      larger.fill(255, 0, valid >> 3);
      if ((valid & 7) !== 0) larger[valid >> 3] = (1 << (valid & 7)) - 1;
    }
    this.#bitmap = larger;
    return larger;
  }

  /** What `makeData` takes for the first `length` rows; a view, valid until the next change. */
  data(length: number): { readonly nullCount: number; readonly nullBitmap: Uint8Array | null } {
    if (this.#bitmap === null || this.#nullCount === 0) return { nullCount: 0, nullBitmap: null };
    let nullCount = this.#nullCount;
    for (let row = length; row < this.#length; row++) if (!bit(this.#bitmap, row)) nullCount--;
    if (nullCount === 0) return { nullCount, nullBitmap: null };
    return { nullCount, nullBitmap: this.#bitmap.subarray(0, (length + 7) >> 3) };
  }

  /** Drops the rows before `row`. */
  keepFrom(row: number): void {
    const bitmap = this.#bitmap;
    const length = this.#length;
    this.#bitmap = null;
    this.#length = 0;
    this.#nullCount = 0;
    if (bitmap === null) {
      this.#length = length - row;
      return;
    }
    const mask = new Uint8Array((length - row + 7) >> 3);
    let hasNull = false;
    for (let at = row; at < length; at++) {
      if (bit(bitmap, at)) mask[(at - row) >> 3] |= 1 << ((at - row) & 7);
      else hasNull = true;
    }
    this.append(hasNull ? mask : null, length - row);
  }
}
