import type { DataType, Vector } from "apache-arrow";
import type { DataDescription } from "../../data/description.ts";
import type { KeyValue } from "../../data/scenario.ts";
import { keyValueAt, splitScenarios } from "../../data/scenario-split.ts";
import { quoteIdentifier } from "../../data/sql.ts";
import { bit, validity } from "../../table/arrow-bits.ts";
import type { EngineColumn, ScenarioSummary } from "../engine.ts";
import { ChunkReader } from "./chunk-reader.ts";
import type { SelectedColumn } from "./master-columns.ts";
import type { Running } from "./scenario-batches.ts";

const PAGE_ROWS = 10_000;

/** The aggregates beside the key columns, in their order. Their names can't be those of key columns. */
const AGGREGATES = ["(rows)", "(targets)", "(first)", "(last)"] as const;
const NULL_KEY = "(no key)";

/** SQL of the aggregates, and the columns that the listing's query returns. */
export function listingSelect(
  data: DataDescription,
  master: readonly SelectedColumn[],
  isNullKey: string,
): { readonly select: string; readonly columns: readonly EngineColumn[] } {
  const time = master.find(({ name }) => name === data.time);
  const hasTarget = master.some(({ name }) => name === data.target);
  const timeSql = time === undefined ? "null::integer" : quoteIdentifier(time.name);
  const timeType = time === undefined ? "INTEGER" : time.sqlType;
  const keys = data.scenarioKey.map((name) => master.find((column) => column.name === name)!);
  const expressions: [string, string, string][] = [
    ["count(*)", AGGREGATES[0], "BIGINT"],
    [hasTarget ? `count(${quoteIdentifier(data.target)})` : "null::bigint", AGGREGATES[1], "BIGINT"],
    [time === undefined ? timeSql : `min(${timeSql})`, AGGREGATES[2], timeType],
    [time === undefined ? timeSql : `max(${timeSql})`, AGGREGATES[3], timeType],
    [isNullKey, NULL_KEY, "BOOLEAN"],
  ];
  const select = [
    ...keys.map(({ name }) => quoteIdentifier(name)),
    ...expressions.map(([sql, name]) => `${sql} as ${quoteIdentifier(name)}`),
  ].join(", ");
  return { select, columns: [...keys, ...expressions.map(([, name, sqlType]) => ({ name, sqlType }))] };
}

/** Reads the listing's query in pages. Groups without a complete key come last and are only counted. */
export async function* listingPages(
  running: Running,
  keyColumns: readonly string[],
  onNullKeyRows: (count: number) => void,
): AsyncGenerator<readonly ScenarioSummary[]> {
  let reader = new ChunkReader(running.duckDb, running.columns);
  for (;;) {
    const chunk = await running.lease.fetch(running.result, running.statement);
    if (chunk !== null) reader.append(chunk, chunk.rowCount);
    if (chunk !== null && reader.numRows < PAGE_ROWS) continue;
    const page = summaries(reader, keyColumns, onNullKeyRows);
    if (page.length > 0) yield page;
    if (chunk === null) return;
    reader = new ChunkReader(running.duckDb, running.columns);
  }
}

function summaries(
  reader: ChunkReader,
  keyColumns: readonly string[],
  onNullKeyRows: (count: number) => void,
): ScenarioSummary[] {
  const all = reader.table(reader.numRows);
  const [rows, targets, first, last] = AGGREGATES.map((name) => all.getChild(name)!);
  const noKey = all.getChild(NULL_KEY)!;
  let keyed = reader.numRows;
  while (keyed > 0 && noKey.get(keyed - 1) === true) onNullKeyRows(Number(rows.get(--keyed)));
  return splitScenarios(reader.table(keyed, keyColumns), keyColumns).map(({ id, key, start }) => ({
    id,
    key,
    numRows: Number(rows.get(start)),
    numTargets: targets.get(start) === null ? null : Number(targets.get(start)),
    firstTime: valueAt(first, start),
    lastTime: valueAt(last, start),
  }));
}

function valueAt(column: Vector<DataType>, row: number): KeyValue | null {
  const [chunk] = column.data;
  const bitmap = validity(chunk);
  return bitmap !== null && !bit(bitmap, chunk.offset + row) ? null : keyValueAt(chunk, row);
}
