import { type Column, cell, columnLength, type NumericColumn, sliceColumn, takeColumn } from "./column.ts";

/**
 * Named columns of equal length over typed arrays; immutable. Slices and selections share memory with their source.
 *
 * @example
 * const table = new Table({ week: numeric(Float64Array.of(1, 2)), store: categoricalOf(["a", "b"]) });
 * table.slice(0, 1).numRows; // 1
 */
export class Table {
  readonly numRows: number;
  readonly #columns: ReadonlyMap<string, Column>;

  /** @throws RangeError when the columns differ in length. `numRows` is needed only for a table without columns. */
  constructor(columns: Readonly<Record<string, Column>> | Iterable<readonly [string, Column]>, numRows?: number) {
    const entries = Symbol.iterator in columns ? columns : Object.entries(columns);
    this.#columns = new Map(entries as Iterable<readonly [string, Column]>);
    let rows = numRows;
    for (const [name, column] of this.#columns) {
      rows ??= columnLength(column);
      if (columnLength(column) !== rows) {
        throw new RangeError(`column ${name} has ${columnLength(column)} rows, the table ${rows}`);
      }
    }
    this.numRows = rows ?? 0;
  }

  /** Column names, in order. */
  get names(): string[] {
    return [...this.#columns.keys()];
  }

  get numColumns(): number {
    return this.#columns.size;
  }

  /** `[name, column]` pairs, in order. */
  entries(): IterableIterator<readonly [string, Column]> {
    return this.#columns.entries();
  }

  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /** @throws RangeError when there is no such column; the message lists those there are. */
  get(name: string): Column {
    const column = this.#columns.get(name);
    if (column === undefined) {
      throw new RangeError(`no column "${name}"; the table has ${this.names.join(", ") || "no columns"}`);
    }
    return column;
  }

  /** The numbers of a numeric column (NaN is missing), not copied. @throws RangeError when it is absent or text. */
  numbers(name: string): Float64Array {
    const column = this.get(name);
    if (column.kind !== "numeric") throw new RangeError(`column "${name}" holds text, not numbers`);
    return column.values;
  }

  /** Only these columns, in this order. */
  select(names: readonly string[]): Table {
    return new Table(
      names.map((name) => [name, this.get(name)] as const),
      this.numRows,
    );
  }

  /** All columns but these; names that are absent are ignored. */
  drop(names: readonly string[]): Table {
    const dropped = new Set(names);
    return this.select(this.names.filter((name) => !dropped.has(name)));
  }

  /** These columns added at the end, or put in place of those of the same name. */
  with(columns: Readonly<Record<string, Column>> | Iterable<readonly [string, Column]>): Table {
    const merged = new Map(this.#columns);
    for (const [name, column] of new Table(columns, this.numRows).entries()) merged.set(name, column);
    return new Table(merged, this.numRows);
  }

  /** Rows `start` (inclusive) to `end` (exclusive), as views. */
  slice(start: number, end: number): Table {
    const columns: [string, Column][] = [];
    for (const [name, column] of this.#columns) columns.push([name, sliceColumn(column, start, end)]);
    return new Table(columns, end - start);
  }

  /** The rows at `indices`, in that order, copied. */
  take(indices: Int32Array): Table {
    const columns: [string, Column][] = [];
    for (const [name, column] of this.#columns) columns.push([name, takeColumn(column, indices)]);
    return new Table(columns, indices.length);
  }

  /** One row as an object of readable values; for display and messages, not for loops over many rows. */
  row(index: number): Record<string, string | number | boolean | null> {
    const values: Record<string, string | number | boolean | null> = {};
    for (const [name, column] of this.#columns) values[name] = cell(column, index);
    return values;
  }

  /** All columns as numeric ones. @throws RangeError naming the first text column. */
  numericColumns(): (readonly [string, NumericColumn])[] {
    return [...this.#columns].map(([name, column]) => {
      if (column.kind !== "numeric")
        throw new RangeError(`column "${name}" holds text; encode it first (OneHotEncoder)`);
      return [name, column] as const;
    });
  }
}
