import { MODEL_FILE } from "../executor/protocol.ts";
import type { JournalEntry } from "./journal.ts";
import { openSessionTracker, type Session } from "./session.ts";

/** Where model files come from. */
export interface ModelSource extends AsyncDisposable {
  /** The model file of a scenario's training. */
  read(entry: JournalEntry): Promise<Uint8Array>;
}

/** Model files as artifacts of the runs in the project's tracking place. */
export async function openModelSource(session: Session): Promise<ModelSource> {
  const tracker = await openSessionTracker(session);
  return {
    read: ({ runId }) => tracker.readArtifact(runId, MODEL_FILE),
    [Symbol.asyncDispose]: () => tracker[Symbol.asyncDispose](),
  };
}
