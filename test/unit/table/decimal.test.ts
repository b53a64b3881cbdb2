import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decimalText, decimalToBigInt, decimalToNumber } from "../../../runner/table/decimal.ts";

/** `value` in little-endian 32-bit words, two's complement. */
function wordsOf(value: bigint, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, word) => Number(BigInt.asIntN(32, value >> BigInt(32 * word))));
}

const integers = (bits: number) => fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n });

describe("decimals", () => {
  it.each([1, 2, 4, 8])("of %i words are read exactly", (count) => {
    fc.assert(
      fc.property(integers(32 * count), (value) => {
        expect(decimalToBigInt(wordsOf(value, count), 0, count)).toBe(value);
      }),
    );
  });

  it.each([1, 2, 4, 8])("of %i words become the nearest double, as the text of the number does", (count) => {
    const magnitude = fc.nat(32 * count - 1).chain((bits) => integers(bits + 1));
    fc.assert(
      fc.property(magnitude, fc.integer({ min: -5, max: 40 }), (value, scale) => {
        const expected = Number(`${value}e${-scale}`);
        expect(decimalToNumber(wordsOf(value, count), 0, count, scale)).toBe(expected + 0);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [150n, 2, "1.5"],
    [-5n, 2, "-0.05"],
    [0n, 3, "0"],
    [1200n, 2, "12"],
    [12n, -2, "1200"],
    [12345678901234567890123n, 3, "12345678901234567890.123"],
  ])("of %s with scale %i are written %s", (unscaled, scale, text) => {
    expect(decimalText(unscaled, scale)).toBe(text);
  });

  it("are written so that they read back as the same number", () => {
    fc.assert(
      fc.property(integers(128), fc.integer({ min: 0, max: 38 }), (value, scale) => {
        const [whole, fraction = ""] = decimalText(value, scale).split(".");
        expect(fraction).not.toMatch(/0$/);
        expect(BigInt(whole + fraction.padEnd(scale, "0"))).toBe(value);
      }),
    );
  });
});
