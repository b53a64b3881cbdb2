import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";

export type ParquetValue = string | number | boolean | null;
export type ParquetType = "string" | "boolean" | "integer" | "float" | "date" | "timestamp";

export interface ParquetColumn {
  readonly name: string;
  readonly type: ParquetType;
  /** Dates and time stamps as ISO text. */
  readonly values: readonly ParquetValue[];
}

/** A Parquet file of these columns, all of which may have missing values. */
export function parquetFile(columns: readonly ParquetColumn[]): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData: columns.map(columnSource) }));
}

function columnSource({ name, type, values }: ParquetColumn): ColumnSource {
  const present = <T>(convert: (value: string | number | boolean) => T) =>
    values.map((value) => (value === null ? null : convert(value)));
  const nullable = true;
  switch (type) {
    case "string":
      return { name, type: "STRING", nullable, data: present(String) };
    case "boolean":
      return { name, type: "BOOLEAN", nullable, data: present(Boolean) };
    case "integer":
      return { name, type: "INT64", nullable, data: present((value) => BigInt(value)) };
    case "float":
      return { name, type: "DOUBLE", nullable, data: present(Number) };
    case "date":
    case "timestamp":
      return { name, type: "TIMESTAMP", nullable, data: present((value) => new Date(String(value))) };
  }
}
