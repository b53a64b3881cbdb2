import type { DataDescription } from "../../data/description.ts";
import type { KeyType } from "../../data/scenario.ts";
import { quoteIdentifier } from "../../data/sql.ts";
import { UnsupportedTypeError } from "../../table/unsupported-type-error.ts";
import { DataError } from "../data-error.ts";
import type { EngineColumn, MasterColumn, MasterSet } from "../engine.ts";

/** DuckDB types by what a key of them holds. Others are converted in SQL ({@link CONVERTED}) or refused. */
const KEY_TYPES: Readonly<Record<string, KeyType>> = {
  BOOLEAN: "boolean",
  TINYINT: "integer",
  SMALLINT: "integer",
  INTEGER: "integer",
  BIGINT: "integer",
  UTINYINT: "integer",
  USMALLINT: "integer",
  UINTEGER: "integer",
  UBIGINT: "integer",
  FLOAT: "float",
  DOUBLE: "float",
  DECIMAL: "decimal",
  VARCHAR: "string",
  DATE: "date",
  TIMESTAMP: "timestamp",
  TIMESTAMP_S: "timestamp",
  TIMESTAMP_MS: "timestamp",
  TIMESTAMP_NS: "timestamp",
  "TIMESTAMP WITH TIME ZONE": "timestamptz",
};

/** Types without a place in Arrow that every reader knows, and what they become. */
const CONVERTED: Readonly<Record<string, string>> = {
  HUGEINT: "DECIMAL(38,0)",
  UHUGEINT: "DECIMAL(38,0)",
  BIGNUM: "DOUBLE",
  ENUM: "VARCHAR",
  JSON: "VARCHAR",
  UUID: "VARCHAR",
  SQLNULL: "DOUBLE",
  '"NULL"': "DOUBLE",
};

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/\[\d*\]$/, "unnest it, aggregate it (list_avg, len) or leave it out"],
  [/^STRUCT/, "select its fields one by one (s.field)"],
  [/^MAP/, "select its entries one by one (m['key'])"],
  [/^(TIME|INTERVAL)/, "take its seconds with epoch(...)"],
];

/** A master column with what is selected for it. */
export interface SelectedColumn extends MasterColumn {
  /** SQL of the value, in a type that {@link builderFor} knows. */
  readonly expression: string;
}

/**
 * What to select for a master table's columns.
 *
 * @throws UnsupportedTypeError naming the first list, struct, blob or the like.
 */
export function selectColumns(columns: readonly EngineColumn[], query: string): SelectedColumn[] {
  return columns.map(({ name, sqlType }) => {
    const family = typeFamily(sqlType);
    const converted = CONVERTED[family];
    const keyType = KEY_TYPES[typeFamily(converted ?? sqlType)];
    if (keyType === undefined) {
      const advice = ADVICE.find(([pattern]) => pattern.test(sqlType))?.[1];
      throw new UnsupportedTypeError(name, sqlType, `${advice ?? "cast it or leave it out"} in ${query}`);
    }
    const quoted = quoteIdentifier(name);
    const expression = converted === undefined ? quoted : `cast(${quoted} as ${converted}) as ${quoted}`;
    return { name, sqlType: converted ?? sqlType, keyType, expression };
  });
}

/** `DECIMAL(10,2)` is a DECIMAL, `ENUM('a', 'b')` an ENUM; lists, arrays and structs stay as they are. */
function typeFamily(sqlType: string): string {
  return /\]$/.test(sqlType) ? sqlType : sqlType.replace(/\(.*$/s, "");
}

/**
 * Checks that the declared columns are there and that time can order rows.
 *
 * @throws DataError naming the missing column, the field that asks for it and the columns there are.
 */
export function checkDeclaredColumns(data: DataDescription, set: MasterSet, columns: readonly MasterColumn[]): void {
  const query = `${data.className}.${set}Master()`;
  const need = (field: string, column: string): MasterColumn => {
    const found = columns.find(({ name }) => name === column);
    if (found !== undefined) return found;
    const there = columns.map(({ name }) => name);
    const near = there.find((name) => name.toLowerCase() === column.toLowerCase());
    const hint = near === undefined ? `it has ${there.join(", ")}` : `it has "${near}"; write it so`;
    const message = `${query} has no column "${column}", which ${data.className}.${field} names; ${hint}`;
    throw new DataError("COLUMN_NOT_FOUND", message, { column, query: `${set}Master()` });
  };
  for (const column of data.scenarioKey) need("scenarioKey", column);
  if (set === "training") need("target", data.target);
  if (data.time === null) return;
  const { name, keyType, sqlType } = need("time", data.time);
  if (!["integer", "date", "timestamp", "timestamptz"].includes(keyType)) {
    const message = `${data.className}.time names "${name}", which is ${sqlType} in ${query}; time must be a whole number, a date or a time stamp: cast it there`;
    throw new DataError("UNSUPPORTED_TYPE", message, { column: name, query: `${set}Master()` });
  }
}
