import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import type { ScenarioId } from "../data/scenario.ts";
import { tableFromIpc, tableToIpc } from "../table/arrow.ts";
import { type Column, categoricalOf, cell, numeric } from "../table/column.ts";
import { Table } from "../table/table.ts";
import { BatchResults } from "./batch-results.ts";
import { failureSchema } from "./journal.ts";

// `results.arrow` in a batch's folder holds what its journal says up to a byte, by columns: reading a hundred thousand
// lines takes seconds, reading this some tens of milliseconds. The journal stays the truth; this can be made again.

const RESULTS_FILE = "results.arrow";
const TEXTS = ["id", "key", "run_id", "digest", "params", "code", "failure"] as const;
const JOURNAL_BYTES = "journal_bytes";

const keySchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** Results, and how much of the journal they hold. */
export interface StoredResults {
  readonly results: BatchResults;
  readonly journalBytes: number;
}

export async function writeResults(folder: string, { results, journalBytes }: StoredResults): Promise<void> {
  const places = Array.from({ length: results.size }, (_, place) => place);
  const text = (read: (place: number) => string | null) => categoricalOf(places.map(read));
  const columns: [string, Column][] = [
    ["id", text((place) => results.texts(place).id)],
    ["key", text((place) => JSON.stringify(results.texts(place).key))],
    ["run_id", text((place) => results.texts(place).runId)],
    ["digest", text((place) => results.texts(place).digest)],
    ["params", text((place) => results.texts(place).params)],
    ["code", text((place) => results.texts(place).code)],
    ["failure", text((place) => jsonOrNull(results.texts(place).failure))],
    [JOURNAL_BYTES, numeric(new Float64Array(results.size).fill(journalBytes))],
  ];
  for (const name of results.numberNames) {
    columns.push([`number ${name}`, numeric(Float64Array.from(places, (place) => results.number(name, place)))]);
  }
  const path = join(folder, RESULTS_FILE);
  await writeFile(`${path}.tmp`, tableToIpc(new Table(columns, results.size)));
  await rename(`${path}.tmp`, path);
}

/** Nothing, from the journal's first byte on, when the file is not there or can't be read. */
export async function readResults(folder: string): Promise<StoredResults> {
  try {
    return resultsOf(tableFromIpc(await readFile(join(folder, RESULTS_FILE))));
  } catch {
    return { results: new BatchResults(), journalBytes: 0 };
  }
}

function resultsOf(table: Table): StoredResults {
  const results = new BatchResults();
  const texts = TEXTS.map((name) => table.get(name));
  const text = (name: (typeof TEXTS)[number], row: number) => {
    const value = cell(texts[TEXTS.indexOf(name)], row);
    return value === null ? null : String(value);
  };
  const numbers = table.names
    .filter((name) => name.startsWith("number "))
    .map((name) => [name.slice(7), table.numbers(name)] as const);
  for (let row = 0; row < table.numRows; row++) {
    const failure = text("failure", row);
    const place = results.put({
      id: (text("id", row) ?? "") as ScenarioId,
      key: keySchema.parse(JSON.parse(text("key", row) ?? "{}")),
      runId: text("run_id", row),
      digest: text("digest", row),
      params: text("params", row) ?? "{}",
      code: text("code", row) ?? "",
      failure: failure === null ? null : failureSchema.parse(JSON.parse(failure)),
    });
    for (const [name, values] of numbers) results.putNumber(name, place, values[row]);
  }
  return { results, journalBytes: table.numRows === 0 ? 0 : table.numbers(JOURNAL_BYTES)[0] };
}

function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
