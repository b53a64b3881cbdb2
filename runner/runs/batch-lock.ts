import { join } from "node:path";
import { systemErrorCode } from "../tracking/errors.ts";
import { SyncLock } from "../tracking/sync-lock.ts";
import { JournalError } from "./journal-error.ts";

/** A holder that is just ending gets so long. */
const PATIENCE_MS = 1_000;

/** Two processes would train the same scenarios, and write over each other's parent run. */
export class BatchBusyError extends Error {
  override readonly name = "BatchBusyError";

  constructor(folder: string) {
    super(`another process is training this batch (${folder}); wait until it ends, or stop it first`);
  }
}

/**
 * Makes this process the only one that trains a batch; what a killed one held is free.
 *
 * @param folder of the batch. @throws BatchBusyError
 */
export async function lockBatch(folder: string, signal: AbortSignal): Promise<AsyncDisposable> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await SyncLock.acquire(join(folder, "lock"), AbortSignal.any([signal, patience]));
  } catch (error) {
    if (patience.aborted && !signal.aborted) throw new BatchBusyError(folder);
    throw systemErrorCode(error) === undefined ? error : new JournalError(folder, error);
  }
}
