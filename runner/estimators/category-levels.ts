import type { Column } from "../table/column.ts";

/** Code of a missing value in what {@link matchLevels} returns. */
export const missingLevel = -1;
/** Code of a value that was not seen in training. */
export const unknownLevel = -2;

/** The distinct values of a column as text, sorted (numbers by size), with how often each occurs. */
export interface Levels {
  readonly levels: readonly string[];
  readonly counts: readonly number[];
  /** Rows without a value. */
  readonly missing: number;
}

/**
 * Categories are known by their text, never by their code: each table has its own code table, often with categories of
 * other scenarios. A number's text is what `String` makes of it; NaN is missing.
 */
export function learnLevels(column: Column): Levels {
  const counts = new Map<string, number>();
  let missing = 0;
  if (column.kind === "numeric") {
    const countOf = new Map<number, number>();
    for (const value of column.values) {
      if (Number.isNaN(value)) missing++;
      else countOf.set(value, (countOf.get(value) ?? 0) + 1);
    }
    for (const [value, count] of [...countOf].sort((a, b) => a[0] - b[0])) counts.set(String(value), count);
    return { levels: [...counts.keys()], counts: [...counts.values()], missing };
  }
  const rowsOf = new Int32Array(column.categories.length);
  const seen: number[] = [];
  for (const code of column.codes) {
    if (code < 0) missing++;
    else if (rowsOf[code]++ === 0) seen.push(code);
  }
  for (const code of seen) {
    const text = column.categories[code];
    counts.set(text, (counts.get(text) ?? 0) + rowsOf[code]);
  }
  const levels = [...counts.keys()].sort();
  return { levels, counts: levels.map((level) => counts.get(level) ?? 0), missing };
}

/** For each row the number that `indexOf` has for its text, or {@link missingLevel}, or {@link unknownLevel}. */
export function matchLevels(column: Column, indexOf: ReadonlyMap<string, number>): Int32Array {
  if (column.kind === "numeric") return matchNumbers(column.values, indexOf);
  const { codes, categories } = column;
  const matched = new Int32Array(codes.length);
  // Looked up when first met: the code table may have thousands of categories of other scenarios.
  const unseen = -3;
  const indexOfCode = new Int32Array(categories.length).fill(unseen);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row];
    if (code < 0) {
      matched[row] = missingLevel;
      continue;
    }
    if (indexOfCode[code] === unseen) indexOfCode[code] = indexOf.get(categories[code]) ?? unknownLevel;
    matched[row] = indexOfCode[code];
  }
  return matched;
}

function matchNumbers(values: Float64Array, indexOf: ReadonlyMap<string, number>): Int32Array {
  const matched = new Int32Array(values.length);
  const indexOfNumber = new Map<number, number>();
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (Number.isNaN(value)) {
      matched[row] = missingLevel;
      continue;
    }
    let index = indexOfNumber.get(value);
    if (index === undefined) {
      index = indexOf.get(String(value)) ?? unknownLevel;
      indexOfNumber.set(value, index);
    }
    matched[row] = index;
  }
  return matched;
}

/** Where each text stands in the list. */
export function levelIndex(levels: readonly string[]): Map<string, number> {
  return new Map(levels.map((level, index) => [level, index]));
}
