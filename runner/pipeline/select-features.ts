import type { Column } from "../table/column.ts";
import type { ScenarioContext } from "./context.ts";
import type { DroppedFeature, PreparedData, SelectedFeatures } from "./stages.ts";

/**
 * The default `selectFeatures`: drops what can't help because it says nothing on the training rows (all missing, one
 * value) or says the same as an earlier feature.
 */
export function selectFeatures(prepared: PreparedData, context: Pick<ScenarioContext, "warn">): SelectedFeatures {
  const { features, split } = prepared;
  const dropped: DroppedFeature[] = [];
  const kept: string[] = [];
  const seen = new Map<string, string[]>();
  for (const [name, column] of features.entries()) {
    const reason = uselessReason(column, split.train) ?? duplicateReason(name, column, split.train, seen, prepared);
    if (reason === null) kept.push(name);
    else dropped.push({ name, reason });
  }
  if (kept.length === 0) context.warn("no feature tells the training rows apart; the model knows the target only");
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
  const fingerprint = fingerprintOf(column, rows);
  const candidates = seen.get(fingerprint);
  if (candidates === undefined) {
    seen.set(fingerprint, [name]);
    return null;
  }
  const original = candidates.find((earlier) => areEqual(column, features.get(earlier), rows));
  if (original !== undefined) return `equal to "${original}"`;
  candidates.push(name);
  return null;
}

/** Equal for equal columns. Codes depend on the batch that the scenario came in, the length of the text does not. */
function fingerprintOf(column: Column, rows: Int32Array): string {
  let sum = 0;
  for (const row of rows) {
    const value = column.kind === "numeric" ? column.values[row] : (column.categories[column.codes[row]]?.length ?? -1);
    sum += Number.isNaN(value) ? 1e-3 : value * ((row % 31) + 1);
  }
  return `${column.kind} ${sum}`;
}

function areEqual(a: Column, b: Column, rows: Int32Array): boolean {
  if (a.kind === "numeric" && b.kind === "numeric") return rows.every((row) => Object.is(a.values[row], b.values[row]));
  if (a.kind === "numeric" || b.kind === "numeric") return false;
  return rows.every((row) => a.categories[a.codes[row]] === b.categories[b.codes[row]]);
}
