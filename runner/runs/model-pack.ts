import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { ModelPlace } from "./journal.ts";
import { JournalError } from "./journal-error.ts";

/** The model files of a batch whose scenarios have no MLflow runs of their own: one after the other in one file. */
export class ModelPack implements AsyncDisposable {
  readonly #folder: string;
  readonly #file: FileHandle;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, file: FileHandle) {
    this.#folder = folder;
    this.#file = file;
  }

  /** @param folder of the batch. What is there already is kept. @throws JournalError, as `append` does. */
  static async open(folder: string): Promise<ModelPack> {
    try {
      const file = await open(join(folder, "models.pack"), "a+");
      return new ModelPack(folder, file);
    } catch (error) {
      throw new JournalError(folder, error);
    }
  }

  append(model: Uint8Array): Promise<ModelPlace> {
    const written = this.#writing.then(async () => {
      try {
        // Asked each time: a full disk may have taken only a part of the model before.
        const offset = (await this.#file.stat()).size;
        await this.#file.appendFile(model);
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
    await this.#file.read(model, 0, bytes, offset);
    return model;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }
}
