import { type Table as ArrowTable, tableFromIPC, tableToIPC } from "apache-arrow";
import { columnChunks } from "./arrow-bits.ts";
import { columnFromChunks } from "./arrow-columns.ts";
import { arrowFromTable } from "./arrow-writing.ts";
import type { Column } from "./column.ts";
import { Table } from "./table.ts";

export { arrowFromTable };

/**
 * An Arrow table as a {@link Table}: nulls are missing (NaN, or code -1), infinities stay, 64-bit integers and decimals
 * become the nearest double, dates days and time stamps milliseconds since 1970 in UTC. A column of doubles without
 * nulls in one chunk is not copied.
 *
 * @throws UnsupportedTypeError naming the column, for lists, structs, bytes, times of day and durations.
 */
export function tableFromArrow(arrow: ArrowTable): Table {
  const columns = arrow.schema.fields.map((field, index): [string, Column] => [
    field.name,
    columnFromChunks(field.name, field.type, columnChunks(arrow, index)),
  ]);
  return new Table(columns, arrow.numRows);
}

/** An Arrow IPC stream or file as Arrow's own table, over the same bytes where their place in memory allows it. */
export function arrowFromIpc(bytes: Uint8Array): ArrowTable {
  // Arrow lays typed arrays over the bytes, and those need addresses that are multiples of 8.
  return tableFromIPC(bytes.byteOffset % 8 === 0 ? bytes : bytes.slice());
}

/** An Arrow IPC stream or file as a {@link Table}; see {@link tableFromArrow}. */
export function tableFromIpc(bytes: Uint8Array): Table {
  return tableFromArrow(arrowFromIpc(bytes));
}

/** A {@link Table} as an Arrow IPC stream; see {@link arrowFromTable}. */
export function tableToIpc(table: Table): Uint8Array {
  return tableToIPC(arrowFromTable(table), "stream");
}
