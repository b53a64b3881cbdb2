/** Row numbers of the three parts, each ascending; disjoint. Rows of `test` are never seen by tuning. */
export interface Split {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/** Shares of the rows (or of the distinct times), each in (0, 1). */
export interface SplitShares {
  readonly validation: number;
  readonly test: number;
}

export class TooFewRowsError extends Error {
  override readonly name = "TooFewRowsError";
}

/** Fewest units (times or rows) that can be split in three with something to learn from. */
const MIN_UNITS = 4;

function partSizes(units: number, shares: SplitShares, atLeast: number): { validation: number; test: number } {
  // A part as long as the horizon is wanted, but never at the cost of half of the data.
  const size = (share: number) =>
    Math.max(1, Math.min(Math.max(Math.round(units * share), atLeast), Math.floor(units / 4)));
  return { validation: size(shares.validation), test: size(shares.test) };
}

/**
 * The last times are the test, those before them the validation: what a forecast will meet. Rows of one time stay together.
 *
 * @param times ascending, one a row. @param horizon each part has at least this many times where there are enough.
 * @throws TooFewRowsError with fewer than 4 distinct times.
 */
export function splitByTime(times: Float64Array, shares: SplitShares, horizon: number): Split {
  const starts: number[] = [];
  for (let row = 0; row < times.length; row++) if (row === 0 || times[row] !== times[row - 1]) starts.push(row);
  if (starts.length < MIN_UNITS) throw new TooFewRowsError(tooFew(starts.length, "distinct times with a target"));
  const { validation, test } = partSizes(starts.length, shares, horizon);
  const testStart = starts[starts.length - test];
  const validationStart = starts[starts.length - test - validation];
  return {
    train: range(0, validationStart),
    validation: range(validationStart, testStart),
    test: range(testStart, times.length),
  };
}

/**
 * Random parts, with each class represented in proportion where the target has classes.
 *
 * @param strata class number of each row, or `null` for a plain random split. @param random uniform in [0, 1).
 * @throws TooFewRowsError with fewer than 4 rows.
 */
export function splitRandomly(
  numRows: number,
  shares: SplitShares,
  random: () => number,
  strata: Float64Array | null = null,
): Split {
  if (numRows < MIN_UNITS) throw new TooFewRowsError(tooFew(numRows, "rows with a target"));
  const groups = new Map<number, number[]>();
  for (let row = 0; row < numRows; row++) {
    const stratum = strata?.[row] ?? 0;
    const group = groups.get(stratum);
    if (group === undefined) groups.set(stratum, [row]);
    else group.push(row);
  }
  // Dealing the strata out evenly, then cutting, keeps their proportions in each part.
  const places: { row: number; place: number }[] = [];
  for (const group of groups.values()) {
    shuffle(group, random);
    group.forEach((row, index) => {
      places.push({ row, place: (index + random()) / group.length });
    });
  }
  places.sort((a, b) => a.place - b.place);
  const { validation, test } = partSizes(numRows, shares, 1);
  const part = (start: number, end: number) => Int32Array.from(places.slice(start, end), ({ row }) => row).sort();
  return {
    test: part(0, test),
    validation: part(test, test + validation),
    train: part(test + validation, numRows),
  };
}

function tooFew(found: number, what: string): string {
  return `${found} ${what}; at least ${MIN_UNITS} are needed to train, validate and test`;
}

function range(start: number, end: number): Int32Array {
  return Int32Array.from({ length: end - start }, (_, i) => start + i);
}

/** Fisher and Yates, in place. */
function shuffle(rows: number[], random: () => number): void {
  for (let i = rows.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [rows[i], rows[other]] = [rows[other], rows[i]];
  }
}
