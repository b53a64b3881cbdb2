import type { ScenarioKey } from "../data/scenario.ts";
import { categorical } from "../table/column.ts";
import type { Table } from "../table/table.ts";

/**
 * The rows of one scenario with its key as it is: whole numbers beyond 2^53, which a column of doubles rounds, become
 * text, as in {@link ScenarioKey} itself.
 */
export function withExactKey(rows: Table, key: ScenarioKey): Table {
  const rounded = Object.entries(key).filter(
    ([name, value]) => typeof value === "string" && rows.has(name) && rows.get(name).type === "integer",
  );
  if (rounded.length === 0) return rows;
  return rows.with(
    rounded.map(([name, value]) => [name, categorical(new Int32Array(rows.numRows), [String(value)])] as const),
  );
}
