import { readdir } from "node:fs/promises";
import type { ScenarioId } from "../data/scenario.ts";
import { BatchResults } from "./batch-results.ts";
import {
  type BatchHeader,
  batchesFolder,
  batchFolder,
  type ModelPlace,
  readJournal,
  readJournalHeader,
} from "./journal.ts";
import { readResults } from "./results-file.ts";

/** A batch with the last result of each of its scenarios. */
export interface StoredBatch {
  readonly header: BatchHeader;
  readonly results: BatchResults;
  /** Every scenario of it has a result. */
  readonly isComplete: boolean;
}

/** Names of the batches, newest first. */
export async function listBatches(projectDir: string): Promise<string[]> {
  const names = await readdir(batchesFolder(projectDir)).catch(() => []);
  return names
    .filter((name) => /^\d{8}-\d{6}-[0-9a-f]{6}$/.test(name))
    .sort()
    .reverse();
}

/** `null` when there is no such batch, or it has no header. */
export async function readBatch(projectDir: string, batch: string): Promise<StoredBatch | null> {
  const folder = batchFolder(projectDir, batch);
  const { results, journalBytes } = await readResults(folder);
  const header = await readJournalHeader(folder);
  if (header === null) return null;
  const { entries, isComplete } = await readJournal(folder, journalBytes);
  for (const entry of entries) results.add(entry);
  return { header, results, isComplete };
}

/** The newest batch over all scenarios. */
export async function lastFullBatch(projectDir: string): Promise<StoredBatch | null> {
  for (const name of await listBatches(projectDir)) {
    const header = await readJournalHeader(batchFolder(projectDir, name));
    if (header?.kind === "all") return readBatch(projectDir, name);
  }
  return null;
}

/** The last result of each scenario over all batches. */
export async function latestResults(projectDir: string): Promise<BatchResults> {
  const batches: BatchResults[] = [];
  for (const name of await listBatches(projectDir)) {
    const batch = await readBatch(projectDir, name);
    if (batch !== null) batches.push(batch.results);
  }
  // The largest is taken as it is, so that few are copied.
  batches.sort((a, b) => b.size - a.size);
  const [latest = new BatchResults(), ...others] = batches;
  for (const results of others) {
    for (let place = 0; place < results.size; place++) {
      const known = latest.place(results.texts(place).id);
      const isNewer = known === null || results.number("end_ms", place) > latest.number("end_ms", known);
      if (isNewer) latest.copy(results, place);
    }
  }
  return latest;
}

/** Where a scenario's model file is. */
export interface ModelFile {
  readonly batch: string;
  /** Where the batch's runs went. */
  readonly trackingUri: string;
  readonly experiment: string;
  readonly runId: string | null;
  readonly packed: ModelPlace | null;
}

/** The model of each scenario's last successful training. */
export async function latestModels(projectDir: string): Promise<Map<ScenarioId, ModelFile>> {
  const models = new Map<ScenarioId, ModelFile & { readonly endMs: number }>();
  for (const batch of await listBatches(projectDir)) {
    const stored = await readBatch(projectDir, batch);
    if (stored === null) continue;
    const { results, header } = stored;
    const { trackingUri, experiment } = header;
    for (let place = 0; place < results.size; place++) {
      const { id, runId, failure } = results.texts(place);
      const endMs = results.number("end_ms", place);
      const known = models.get(id);
      if (failure === null && (known === undefined || known.endMs < endMs)) {
        models.set(id, { batch, trackingUri, experiment, runId, packed: results.packed(place), endMs });
      }
    }
  }
  return models;
}
