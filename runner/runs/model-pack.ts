import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { ModelPlace } from "./journal.ts";

/** The model files of a batch whose scenarios have no MLflow runs of their own: one after the other in one file. */
export class ModelPack implements AsyncDisposable {
  readonly #path: string;
  /** Opened when the first model comes or is asked for: most batches have none. */
  #file: Promise<FileHandle> | null = null;
  #writing: Promise<unknown> = Promise.resolve();

  /** @param folder of the batch. What is there already is kept. */
  constructor(folder: string) {
    this.#path = join(folder, "models.pack");
  }

  append(model: Uint8Array): Promise<ModelPlace> {
    const written = this.#writing.then(async () => {
      const file = await this.#open();
      const offset = (await file.stat()).size;
      await file.appendFile(model);
      return { offset, bytes: model.length };
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
    this.#file ??= open(this.#path, "a+");
    return this.#file;
  }
}
