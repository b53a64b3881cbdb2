import type { DuckDBDataChunk } from "@duckdb/node-api";
import { tableToIPC } from "apache-arrow";
import { splitScenarios } from "../../data/scenario-split.ts";
import type { ScenarioBatch } from "../engine.ts";
import { ChunkReader } from "./chunk-reader.ts";
import type { ChunkStream } from "./lease.ts";
import type { DuckDb } from "./native.ts";

/**
 * Cuts a stream of rows, sorted by key with keyless rows last, into batches of whole scenarios. Holds little more than
 * one batch, whatever the number of rows.
 *
 * @param onNullKeyRows is told how many rows were dropped for want of a key.
 */
export async function* scenarioBatches(
  stream: ChunkStream,
  keyColumns: readonly string[],
  targetRows: number,
  onNullKeyRows: (count: number) => void,
): AsyncGenerator<ScenarioBatch> {
  const keyIndices = keyColumns.map((name) => stream.columns.findIndex((column) => column.name === name));
  const reader = new ChunkReader(stream.duckDb, stream.columns);
  let enough = targetRows;
  for (;;) {
    const chunk = await stream.next();
    if (chunk === null) break;
    const keyed = keyedRows(chunk, keyIndices, stream.duckDb);
    reader.append(chunk, keyed);
    if (keyed < chunk.rowCount) onNullKeyRows(chunk.rowCount - keyed);
    if (reader.numRows < enough) continue;
    const batch = takeWhole(reader, keyColumns, false);
    if (batch !== null) yield batch;
    // One scenario larger than a batch: look again when it has grown by half, so that the work stays linear.
    enough = Math.max(targetRows, Math.ceil(reader.numRows * 1.5));
  }
  const rest = takeWhole(reader, keyColumns, true);
  if (rest !== null) yield rest;
}

/** How many leading rows have a complete key. */
function keyedRows(chunk: DuckDBDataChunk, keyIndices: readonly number[], { bindings, native }: DuckDb): number {
  let keyed = chunk.rowCount;
  for (const index of keyIndices) {
    const mask = native.validity(bindings.data_chunk_get_vector(chunk.chunk, index), chunk.rowCount);
    if (mask === null) continue;
    for (let row = 0; row < keyed; row++) if (((mask[row >> 3] >> (row & 7)) & 1) === 0) keyed = row;
  }
  return keyed;
}

/** Takes the scenarios that are complete: all at the end of the rows, before that all but the last. */
function takeWhole(reader: ChunkReader, keyColumns: readonly string[], isEnd: boolean): ScenarioBatch | null {
  const scenarios = splitScenarios(reader.table(reader.numRows, keyColumns), keyColumns);
  if (!isEnd) scenarios.pop();
  const numRows = scenarios.at(-1)?.end ?? 0;
  if (numRows === 0) return null;
  const ipc = tableToIPC(reader.table(numRows), "stream");
  reader.keepFrom(numRows);
  return { ipc, scenarios: scenarios.map(({ id, key, start, end }) => ({ id, key, numRows: end - start })) };
}
