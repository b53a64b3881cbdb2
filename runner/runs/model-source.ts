import type { JournalEntry } from "./journal.ts";

/** Where model files come from. */
export interface ModelSource {
  /** The model file of a scenario's training. */
  read(entry: JournalEntry): Promise<Uint8Array>;
}
