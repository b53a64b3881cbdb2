import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ValidityBuilder } from "../../../../runner/engines/duckdb/validity-builder.ts";
import { bit } from "../../../../runner/table/arrow-bits.ts";

function maskOf(valid: readonly boolean[]): Uint8Array {
  const mask = new Uint8Array(Math.ceil(valid.length / 64) * 8);
  valid.forEach((isValid, row) => {
    if (isValid) mask[row >> 3] |= 1 << (row & 7);
  });
  return mask;
}

describe("ValidityBuilder", () => {
  it("does what a list of booleans does, whatever is appended and dropped", () => {
    const append = fc.record({ valid: fc.array(fc.boolean(), { maxLength: 70 }), isAllValid: fc.boolean() });
    const drop = fc.record({ drop: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(append, drop), { maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (steps, part) => {
          const builder = new ValidityBuilder();
          let expected: boolean[] = [];
          for (const step of steps) {
            if ("drop" in step) {
              const row = Math.floor(step.drop * expected.length);
              builder.keepFrom(row);
              expected = expected.slice(row);
            } else {
              builder.append(step.isAllValid ? null : maskOf(step.valid), step.valid.length);
              expected.push(...step.valid.map((isValid) => step.isAllValid || isValid));
            }
          }
          const wanted = expected.slice(0, Math.ceil(part * expected.length));
          const { nullCount, nullBitmap } = builder.data(wanted.length);
          expect(nullCount).toBe(wanted.filter((isValid) => !isValid).length);
          expect(wanted.map((_, row) => nullBitmap === null || bit(nullBitmap, row))).toEqual(wanted);
        },
      ),
    );
  });
});
