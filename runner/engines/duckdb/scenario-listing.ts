import type { DataType, Vector } from "apache-arrow";
import type { DataDescription } from "../../data/description.ts";
import type { KeyValue } from "../../data/scenario.ts";
import { keyValueAt, splitScenarios } from "../../data/scenario-split.ts";
import { quoteIdentifier } from "../../data/sql.ts";
import { bit, validity } from "../../table/arrow-bits.ts";
import type { ScenarioSummary } from "../engine.ts";
import { ChunkReader } from "./chunk-reader.ts";
import type { ChunkStream } from "./lease.ts";
import type { SelectedColumn } from "./master-columns.ts";

const PAGE_ROWS = 10_000;

/** The aggregates beside the key columns, in their order. Their names can't be those of key columns. */
const AGGREGATES = ["(rows)", "(targets)", "(first)", "(last)"] as const;
const NULL_KEY = "(no key)";

/** What the listing's query selects: the key columns, then the aggregates. */
export function listingSelect(data: DataDescription, master: readonly SelectedColumn[], isNullKey: string): string {
  const time = master.find(({ name }) => name === data.time);
  const target = master.find(({ name }) => name === data.target);
  const aggregates = [
    "count(*)",
    target === undefined ? "null::bigint" : `count(*) filter (where ${isPresent(target)})`,
    time === undefined ? "null::integer" : `min(${quoteIdentifier(time.name)})`,
    time === undefined ? "null::integer" : `max(${quoteIdentifier(time.name)})`,
  ];
  return [
    ...data.scenarioKey.map(quoteIdentifier),
    ...aggregates.map((sql, index) => `${sql} as ${quoteIdentifier(AGGREGATES[index])}`),
    `${isNullKey} as ${quoteIdentifier(NULL_KEY)}`,
  ].join(", ");
}

/** NaN is as missing as null is. */
function isPresent({ name, keyType }: SelectedColumn): string {
  return keyType === "float" ? `not isnan(${quoteIdentifier(name)})` : `${quoteIdentifier(name)} is not null`;
}

/** Reads the listing's query in pages. Groups without a complete key come last and are only counted. */
export async function* listingPages(
  stream: ChunkStream,
  keyColumns: readonly string[],
  onNullKeyRows: (count: number) => void,
): AsyncGenerator<readonly ScenarioSummary[]> {
  let reader = new ChunkReader(stream.duckDb, stream.columns);
  for (;;) {
    const chunk = await stream.next();
    if (chunk !== null) reader.append(chunk, chunk.rowCount);
    if (chunk !== null && reader.numRows < PAGE_ROWS) continue;
    const page = summaries(reader, keyColumns, onNullKeyRows);
    if (page.length > 0) yield page;
    if (chunk === null) return;
    reader = new ChunkReader(stream.duckDb, stream.columns);
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
