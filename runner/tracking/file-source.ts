import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";

/** A file to send. */
export interface FileSource {
  readonly sizeBytes: number;
  /** Its bytes from `start` up to but not including `end`. */
  readonly open: (start: number, end: number) => Readable;
}

/** `source` is a file's path or its bytes. */
export async function fileSource(source: string | Uint8Array): Promise<FileSource> {
  if (typeof source !== "string") {
    return { sizeBytes: source.byteLength, open: (start, end) => Readable.from([source.subarray(start, end)]) };
  }
  const open = (start: number, end: number) =>
    // The stream's own `end` is the last byte; there is none to read in an empty range.
    start === end ? Readable.from([]) : createReadStream(source, { start, end: end - 1 });
  return { sizeBytes: (await stat(source)).size, open };
}
