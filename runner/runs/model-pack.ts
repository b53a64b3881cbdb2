import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { ModelPlace } from "./journal.ts";
import { JournalError } from "./journal-error.ts";

/** The model files of a batch whose scenarios have no MLflow runs of their own: one after the other in one file. */
export class ModelPack implements AsyncDisposable {
  readonly #folder: string;
  /** Opened when the first model comes or is asked for: most batches have none. */
  #file: Promise<FileHandle> | null = null;
  #writing: Promise<unknown> = Promise.resolve();

  /** @param folder of the batch. What is there already is kept. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws JournalError */
  append(model: Uint8Array): Promise<ModelPlace> {
    const written = this.#writing.then(async () => {
      try {
        const file = await this.#open();
        // Asked each time: a full disk may have taken only a part of the model before.
        const offset = (await file.stat()).size;
        await file.appendFile(model);
        return { offset, bytes: model.length };
      } catch (error) {
        throw new JournalError(this.#folder, error);
      }
    });
    this.#writing = written.catch(() => {});
    return written;
  }

  async read({ offset, bytes }: ModelPlace): Promise<Uint8Array> {
    const model = new Uint8Array(bytes);
    await (await this.#open()).read(model, 0, bytes, offset);
    return model;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await (await this.#file)?.close();
  }

  #open(): Promise<FileHandle> {
    this.#file ??= open(join(this.#folder, "models.pack"), "a+");
    return this.#file;
  }
}
