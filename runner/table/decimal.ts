const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => 10 ** exponent); // all exact in a double

/**
 * A decimal of 1, 2, 4 or 8 little-endian 32-bit words, two's complement, as the nearest double.
 *
 * @param scale digits after the point; negative means zeros before it.
 */
export function decimalToNumber(words: Int32Array, at: number, wordsPerValue: number, scale: number): number {
  const high = wordsPerValue === 1 ? words[at] >> 31 : words[at + 1];
  const small = (high * 4294967296 + (words[at] >>> 0)) as number;
  // One correctly rounded division of two exact doubles; everything else goes the long way round.
  if (Number.isSafeInteger(small) && scale >= 0 && scale <= 22 && isExtended(words, at, wordsPerValue, high >> 31)) {
    return small / POWERS_OF_TEN[scale];
  }
  return Number(`${decimalToBigInt(words, at, wordsPerValue)}e${-scale}`);
}

/** Are the words above the lowest two only the sign's extension? */
function isExtended(words: Int32Array, at: number, wordsPerValue: number, sign: number): boolean {
  for (let word = 2; word < wordsPerValue; word++) if (words[at + word] !== sign) return false;
  return true;
}

/** The unscaled integer. */
export function decimalToBigInt(words: Int32Array, at: number, wordsPerValue: number): bigint {
  let value = BigInt(words[at + wordsPerValue - 1]);
  for (let word = wordsPerValue - 2; word >= 0; word--) value = (value << 32n) | BigInt(words[at + word] >>> 0);
  return value;
}

/** The shortest text of `unscaled / 10^scale`: no exponent, no trailing zeros. */
export function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? "-" : "";
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  if (scale <= 0) return unscaled === 0n ? "0" : sign + digits + "0".repeat(-scale);
  const padded = digits.padStart(scale + 1, "0");
  const fraction = padded.slice(-scale).replace(/0+$/, "");
  const text = fraction === "" ? padded.slice(0, -scale) : `${padded.slice(0, -scale)}.${fraction}`;
  return sign + text;
}
