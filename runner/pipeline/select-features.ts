import type { Column } from "../table/column.ts";
import type { DroppedFeature, PreparedData, SelectedFeatures } from "./stages.ts";

/**
 * The default `selectFeatures`: drops what can't help because it says nothing on the training rows (all missing, one
 * value) or says the same as an earlier feature.
 */
export function selectFeatures(prepared: PreparedData): SelectedFeatures {
  const { features, split } = prepared;
  const dropped: DroppedFeature[] = [];
  const kept: string[] = [];
  const seen = new Map<string, string[]>();
  for (const [name, column] of features.entries()) {
    const reason = uselessReason(column, split.train) ?? duplicateReason(name, column, split.train, seen, prepared);
    if (reason === null) kept.push(name);
    else dropped.push({ name, reason });
  }
  return { ...prepared, features: features.select(kept), dropped };
}

function valueAt(column: Column, row: number): number {
  if (column.kind === "numeric") return column.values[row];
  return column.codes[row] < 0 ? Number.NaN : column.codes[row];
}

function uselessReason(column: Column, rows: Int32Array): string | null {
  const first = rows.length === 0 ? Number.NaN : valueAt(column, rows[0]);
  let missing = 0;
  for (const row of rows) {
    const value = valueAt(column, row);
    if (Number.isNaN(value)) missing++;
    else if (value !== first) return null;
  }
  if (missing === rows.length) return "missing in every training row";
  // One value and some gaps: whether it is missing may still tell something.
  if (missing > 0) return null;
  return "the same value in every training row";
}

/** Features of equal fingerprints are compared value by value, so most pairs are never looked at. */
function duplicateReason(
  name: string,
  column: Column,
  rows: Int32Array,
  seen: Map<string, string[]>,
  { features }: PreparedData,
): string | null {
  let sum = 0;
  for (const row of rows) {
    const value = valueAt(column, row);
    sum += Number.isNaN(value) ? 1e-3 : value * ((row % 31) + 1);
  }
  const fingerprint = `${column.kind} ${sum}`;
  const candidates = seen.get(fingerprint);
  if (candidates === undefined) {
    seen.set(fingerprint, [name]);
    return null;
  }
  for (const earlier of candidates) {
    const other = features.get(earlier);
    if (rows.every((row) => Object.is(valueAt(column, row), valueAt(other, row)))) return `equal to "${earlier}"`;
  }
  candidates.push(name);
  return null;
}
