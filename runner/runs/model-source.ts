import { MODEL_FILE } from "../executor/protocol.ts";
import type { ModelFile } from "./batches.ts";
import { batchFolder } from "./journal.ts";
import { ModelPack } from "./model-pack.ts";
import { openSessionTracker, type Session } from "./session.ts";

/** Where model files come from. */
export interface ModelSource extends AsyncDisposable {
  /** The model file of a scenario's training. */
  read(model: ModelFile): Promise<Uint8Array>;
}

/** Model files as artifacts of the project's MLflow runs, or from the pack of a batch that has no run for each scenario. */
export async function openModelSource(session: Session): Promise<ModelSource> {
  const tracker = await openSessionTracker(session);
  const packs = new Map<string, ModelPack>();
  const packOf = (batch: string) => {
    const pack = packs.get(batch) ?? new ModelPack(batchFolder(session.project.dir, batch));
    packs.set(batch, pack);
    return pack;
  };
  return {
    async read({ batch, packed, runId }) {
      if (packed !== null) return packOf(batch).read(packed);
      if (runId !== null) return tracker.readArtifact(runId, MODEL_FILE);
      throw new Error(`the journal of ${batch} names a model without a place`);
    },
    async [Symbol.asyncDispose]() {
      for (const pack of packs.values()) await pack[Symbol.asyncDispose]();
      await tracker[Symbol.asyncDispose]();
    },
  };
}
