import { once } from "node:events";
import { encodeFrame } from "./frames.ts";
import type { Response } from "./protocol.ts";

/** Frames out. Waits while the host is behind, so that what was sent has left when a scenario then hangs or dies. */
export interface FrameOutput {
  send(header: Response, ...body: readonly Uint8Array[]): Promise<void>;
}

/**
 * Takes standard output for frames: whatever else is printed, by `console.log` or by a library, goes to standard error,
 * which the host shows.
 */
export function claimStandardOutput(): FrameOutput {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write;
  return {
    async send(header, ...body) {
      let flowing = true;
      for (const part of encodeFrame(header, ...body)) flowing = write(part);
      if (!flowing) await once(stdout, "drain");
    },
  };
}
