import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { ModelPlace } from "./journal.ts";

/** The model files of a batch whose scenarios have no MLflow runs of their own: one after the other in one file. */
export class ModelPack implements AsyncDisposable {
  readonly #file: FileHandle;
  #end: number;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** @param folder of the batch. What is there already is kept. */
  static async open(folder: string): Promise<ModelPack> {
    const file = await open(join(folder, "models.pack"), "a+");
    return new ModelPack(file, (await file.stat()).size);
  }

  append(model: Uint8Array): Promise<ModelPlace> {
    const written = this.#writing.then(async () => {
      await this.#file.appendFile(model);
      const place = { offset: this.#end, bytes: model.length };
      this.#end += model.length;
      return place;
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
