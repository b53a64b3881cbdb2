import type { Table } from "../table/table.ts";

/** Rows that an estimator can't learn from or predict for; the message says which column and what to do. */
export class InvalidInputError extends Error {
  override readonly name = "InvalidInputError";
}

/**
 * The columns' numbers, not copied; missing and infinite ones are welcome.
 * @throws InvalidInputError for text and for columns that are not there.
 */
export function numericColumns(features: Table, names: readonly string[], owner: string): Float64Array[] {
  return names.map((name) => {
    if (!features.has(name)) {
      throw new InvalidInputError(`${owner} was fitted on column "${name}", which is not there`);
    }
    const column = features.get(name);
    if (column.kind !== "numeric") {
      throw new InvalidInputError(`${owner}: column "${name}" holds text; encode it first (OneHotEncoder)`);
    }
    return column.values;
  });
}

/** {@link numericColumns} for what can't use missing values. @throws InvalidInputError also for these and infinite ones. */
export function finiteColumns(features: Table, names: readonly string[], owner: string): Float64Array[] {
  const columns = numericColumns(features, names, owner);
  for (const [i, values] of columns.entries()) {
    for (let row = 0; row < values.length; row++) {
      if (!Number.isFinite(values[row])) {
        throw new InvalidInputError(
          `${owner}: column "${names[i]}" has missing or infinite values (first in row ${row}); fill them first (SimpleImputer)`,
        );
      }
    }
  }
  return columns;
}

/** Weights of the training rows, and their sum. */
export interface TrainingWeights {
  /** `null`: every row counts once. */
  readonly weight: Float64Array | null;
  readonly total: number;
}

/**
 * Checks what every `fit` needs: rows, one finite target for each, and weights that are not negative.
 * @throws InvalidInputError
 */
export function checkTraining(
  features: Table,
  target: Float64Array,
  weight: Float64Array | undefined,
  owner: string,
): TrainingWeights {
  const n = features.numRows;
  if (n === 0) throw new InvalidInputError(`${owner} can't be fitted on 0 rows`);
  if (target.length !== n) {
    throw new InvalidInputError(`${owner}: ${n} rows of features, but ${target.length} target values`);
  }
  for (let row = 0; row < n; row++) {
    if (!Number.isFinite(target[row])) {
      throw new InvalidInputError(`${owner}: the target of row ${row} is ${target[row]}; drop such rows before fit`);
    }
  }
  if (weight === undefined) return { weight: null, total: n };
  if (weight.length !== n) throw new InvalidInputError(`${owner}: ${n} rows, but ${weight.length} sample weights`);
  let total = 0;
  for (let row = 0; row < n; row++) {
    if (!(weight[row] >= 0 && weight[row] < Number.POSITIVE_INFINITY)) {
      throw new InvalidInputError(`${owner}: the sample weight of row ${row} is ${weight[row]}, not 0 or more`);
    }
    total += weight[row];
  }
  if (total === 0) throw new InvalidInputError(`${owner}: all sample weights are 0`);
  return { weight, total };
}

/**
 * Checks class numbers. Classes are numbered 0..K-1; some may have no rows.
 * @returns K, one more than the highest class seen.
 */
export function checkClasses(target: Float64Array, owner: string): number {
  let highest = 0;
  for (let row = 0; row < target.length; row++) {
    if (!Number.isInteger(target[row]) || target[row] < 0) {
      throw new InvalidInputError(
        `${owner}: the target of row ${row} is ${target[row]}, not a class number 0, 1, 2...`,
      );
    }
    highest = Math.max(highest, target[row]);
  }
  return highest + 1;
}
