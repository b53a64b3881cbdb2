import { encodeFrame } from "./frames.ts";
import type { Response } from "./protocol.ts";

/** Frames out. What was sent has left this process: it may hang or die in the next moment. */
export interface FrameOutput {
  send(header: Response, ...body: readonly Uint8Array[]): Promise<void>;
}

/**
 * Takes standard output for frames: whatever else is printed, by `console.log` or by a library, goes to standard error,
 * which the host shows, and is there before the frames that are sent after it.
 */
export function claimStandardOutput(): FrameOutput {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write;
  return {
    async send(header, ...body) {
      if (stderr.writableLength > 0) await new Promise<void>((resolve) => stderr.write("", () => resolve()));
      // Parts go in at once, so that frames which are sent at the same time do not mix.
      const parts = encodeFrame(header, ...body).map(
        (part) => new Promise<void>((resolve) => write(part, () => resolve())),
      );
      await Promise.all(parts);
    },
  };
}
