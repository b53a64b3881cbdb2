import { MODEL_FILE } from "../executor/protocol.ts";
import { openTracker, type Tracker } from "../tracking/tracker.ts";
import type { ModelFile } from "./batches.ts";
import { batchFolder } from "./journal.ts";
import { ModelPack } from "./model-pack.ts";
import type { Session } from "./session.ts";

/** Model files as artifacts of MLflow runs, or from the pack of a batch that has no run for each scenario. */
export class ModelSource implements AsyncDisposable {
  readonly #session: Session;
  /** By experiment and place: today's settings need not be those of the training. */
  readonly #trackers = new Map<string, Promise<Tracker>>();
  readonly #packs = new Map<string, ModelPack>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** The model file of a scenario's training. @throws TrackingError `RUN_NOT_FOUND` when its run is gone */
  async read(model: ModelFile): Promise<Uint8Array> {
    const { batch, packed, runId } = model;
    if (packed !== null) return this.#pack(batch).read(packed);
    if (runId !== null) return (await this.#tracker(model)).readArtifact(runId, MODEL_FILE);
    throw new Error(`the journal of ${batch} names a model without a place`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pack of this.#packs.values()) await pack[Symbol.asyncDispose]();
    for (const tracker of this.#trackers.values()) await (await tracker)[Symbol.asyncDispose]();
  }

  #tracker({ trackingUri, experiment }: ModelFile): Promise<Tracker> {
    const { project, env } = this.#session;
    const place = JSON.stringify([trackingUri, experiment]);
    const tracker =
      this.#trackers.get(place) ?? openTracker({ uri: trackingUri, experiment, projectDir: project.dir, env });
    this.#trackers.set(place, tracker);
    return tracker;
  }

  #pack(batch: string): ModelPack {
    const pack = this.#packs.get(batch) ?? new ModelPack(batchFolder(this.#session.project.dir, batch));
    this.#packs.set(batch, pack);
    return pack;
  }
}
