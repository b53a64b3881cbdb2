/** What a numeric column's numbers mean. `date` is days since 1970-01-01, `timestamp` milliseconds since then, UTC. */
export type NumericType = "float" | "integer" | "boolean" | "date" | "timestamp";

/** Numbers as float64; NaN is "missing". Rows: `values.length`. */
export interface NumericColumn {
  readonly kind: "numeric";
  readonly type: NumericType;
  readonly values: Float64Array;
}

/** Strings as codes into `categories`; -1 is "missing". Rows: `codes.length`. Slices share `categories`. */
export interface CategoricalColumn {
  readonly kind: "categorical";
  readonly type: "string";
  readonly codes: Int32Array;
  readonly categories: readonly string[];
}

/** One column of a {@link Table}. */
export type Column = NumericColumn | CategoricalColumn;

/** A numeric column over `values` (not copied). */
export function numeric(values: Float64Array, type: NumericType = "float"): NumericColumn {
  return { kind: "numeric", type, values };
}

/** A categorical column over `codes` (not copied). */
export function categorical(codes: Int32Array, categories: readonly string[]): CategoricalColumn {
  return { kind: "categorical", type: "string", codes, categories };
}

/** A categorical column from strings; `null` is missing. */
export function categoricalOf(strings: readonly (string | null)[]): CategoricalColumn {
  const codeOf = new Map<string, number>();
  const codes = new Int32Array(strings.length);
  for (let row = 0; row < strings.length; row++) {
    const text = strings[row];
    if (text === null) {
      codes[row] = -1;
      continue;
    }
    let code = codeOf.get(text);
    if (code === undefined) {
      code = codeOf.size;
      codeOf.set(text, code);
    }
    codes[row] = code;
  }
  return categorical(codes, [...codeOf.keys()]);
}

/** Number of rows. */
export function columnLength(column: Column): number {
  return column.kind === "numeric" ? column.values.length : column.codes.length;
}

/** Rows `start` (inclusive) to `end` (exclusive), as a view on the same memory. */
export function sliceColumn(column: Column, start: number, end: number): Column {
  return column.kind === "numeric"
    ? { ...column, values: column.values.subarray(start, end) }
    : { ...column, codes: column.codes.subarray(start, end) };
}

/** The rows at `indices`, in that order, copied. */
export function takeColumn(column: Column, indices: Int32Array): Column {
  if (column.kind === "numeric") {
    const values = new Float64Array(indices.length);
    for (let i = 0; i < indices.length; i++) values[i] = column.values[indices[i]];
    return { ...column, values };
  }
  const codes = new Int32Array(indices.length);
  for (let i = 0; i < indices.length; i++) codes[i] = column.codes[indices[i]];
  return { ...column, codes };
}

/** The value at `row` as a person reads it: number, boolean, ISO date or time, string; `null` where missing. */
export function cell(column: Column, row: number): string | number | boolean | null {
  if (column.kind === "categorical") {
    const code = column.codes[row];
    return code < 0 ? null : column.categories[code];
  }
  const value = column.values[row];
  if (Number.isNaN(value)) return null;
  switch (column.type) {
    case "boolean":
      return value !== 0;
    case "date":
      return isoTime(value * 86_400_000).replace(/T.*/, "");
    case "timestamp":
      return isoTime(value);
    default:
      return value;
  }
}

/** Databases have times that JavaScript's dates don't reach, "infinity" among them. */
function isoTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : ms > 0 ? "infinity" : "-infinity";
}
