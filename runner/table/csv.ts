import { cell } from "./column.ts";
import type { Table } from "./table.ts";

/** A table as CSV (RFC 4180): numbers with all their digits, missing values empty. */
export function tableToCsv(table: Table): string {
  const columns = [...table.entries()].map(([, column]) => column);
  const lines = [table.names.map(csvField).join(",")];
  for (let row = 0; row < table.numRows; row++)
    lines.push(columns.map((column) => csvField(cell(column, row))).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

/** One value as a field, in quotes where it needs them. */
export function csvField(value: string | number | boolean | null): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
