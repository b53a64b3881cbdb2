import { type Column, cell, columnLength } from "../table/column.ts";
import { csvField } from "../table/csv.ts";
import type { Table } from "../table/table.ts";
import { parquetFile } from "./parquet.ts";

type Cell = string | number | boolean | null;

/** The predictions of many scenarios one below the other. Columns that a scenario lacks (a class's probability) are empty. */
export class PredictionTable {
  readonly #columns = new Map<string, { type: Column["type"]; cells: Cell[] }>();
  #numRows = 0;

  get numRows(): number {
    return this.#numRows;
  }

  append(table: Table): void {
    for (const [name, column] of table.entries()) {
      let known = this.#columns.get(name);
      if (known === undefined) {
        known = { type: column.type, cells: new Array<Cell>(this.#numRows).fill(null) };
        this.#columns.set(name, known);
      }
      for (let row = 0; row < columnLength(column); row++) known.cells.push(cell(column, row));
    }
    this.#numRows += table.numRows;
    for (const { cells } of this.#columns.values()) while (cells.length < this.#numRows) cells.push(null);
  }

  toParquet(): Uint8Array {
    return parquetFile([...this.#columns].map(([name, { type, cells }]) => ({ name, type, values: cells })));
  }

  /** RFC 4180; missing values are empty. */
  toCsv(): string {
    const columns = [...this.#columns.values()];
    const lines = [[...this.#columns.keys()].map(csvField).join(",")];
    for (let row = 0; row < this.#numRows; row++)
      lines.push(columns.map(({ cells }) => csvField(cells[row])).join(","));
    return `${lines.join("\r\n")}\r\n`;
  }
}
