import { MODEL_FILE } from "../executor/protocol.ts";
import { batchFolder, type LatestResult } from "./journal.ts";
import { ModelPack } from "./model-pack.ts";
import { openSessionTracker, type Session } from "./session.ts";

/** Where model files come from. */
export interface ModelSource extends AsyncDisposable {
  /** The model file of a scenario's training. */
  read(model: LatestResult): Promise<Uint8Array>;
}

/** Model files as artifacts of the project's MLflow runs, or from the pack of a batch that has no run for each scenario. */
export async function openModelSource(session: Session): Promise<ModelSource> {
  const tracker = await openSessionTracker(session);
  const packs = new Map<string, Promise<ModelPack>>();
  const packOf = (batch: string) => {
    const known = packs.get(batch);
    if (known !== undefined) return known;
    const opened = ModelPack.open(batchFolder(session.project.dir, batch));
    packs.set(batch, opened);
    return opened;
  };
  return {
    async read({ batch, entry: { packed, runId } }) {
      if (packed !== null) return (await packOf(batch)).read(packed);
      if (runId !== null) return tracker.readArtifact(runId, MODEL_FILE);
      throw new Error(`the journal of ${batch} names a model without a place`);
    },
    async [Symbol.asyncDispose]() {
      for (const pack of packs.values()) await (await pack)[Symbol.asyncDispose]();
      await tracker[Symbol.asyncDispose]();
    },
  };
}
