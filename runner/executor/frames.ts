/**
 * Frames between a host and an executor: the mark "SFR1", u32 header length, u32 body length (little endian), a JSON
 * header, raw bytes. The same on the pipes of the local pool, under the debugger and behind the Spark shim.
 */
export interface Frame {
  /** Parsed JSON; what it must hold is the business of the protocol. */
  readonly header: unknown;
  readonly body: Uint8Array;
}

/** A header is text about a few scenarios, a body at most a batch of rows: anything larger is a broken stream. */
const MAX_HEADER_BYTES = 64 * 1024 * 1024;
const PREFIX_BYTES = 12;
/** "SFR1": a single byte of something else on the stream is noticed at once, not waited behind. */
const MARK = 0x31524653;

export class FrameError extends Error {
  override readonly name = "FrameError";
  /** Something else was written to the stream; else the stream ended too early. */
  readonly isForeign: boolean;

  constructor(message: string, isForeign: boolean, options?: ErrorOptions) {
    super(message, options);
    this.isForeign = isForeign;
  }
}

/** A frame's bytes, in pieces so that bodies are not copied. */
export function encodeFrame(header: unknown, ...body: readonly Uint8Array[]): Uint8Array[] {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(PREFIX_BYTES + text.length);
  const view = new DataView(head.buffer);
  view.setUint32(0, MARK, true);
  view.setUint32(4, text.length, true);
  view.setUint32(
    8,
    body.reduce((sum, part) => sum + part.length, 0),
    true,
  );
  head.set(text, PREFIX_BYTES);
  return [head, ...body];
}

/**
 * Splits a byte stream into frames.
 *
 * @throws FrameError when the stream ends inside a frame or a length can't be true.
 */
export async function* readFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let chunks: Uint8Array[] = [];
  let available = 0;

  /** The next `length` bytes at a fresh, aligned offset: Arrow reads typed arrays straight from them. */
  const take = (length: number): Uint8Array => {
    const taken = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const chunk = chunks[0];
      const part = chunk.subarray(0, length - filled);
      taken.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) chunks.shift();
      else chunks[0] = chunk.subarray(part.length);
    }
    available -= length;
    return taken;
  };

  let lengths: { header: number; body: number } | null = null;
  for await (const chunk of stream) {
    chunks.push(chunk);
    available += chunk.length;
    for (;;) {
      if (lengths === null) {
        if (available < PREFIX_BYTES) break;
        const prefix = new DataView(take(PREFIX_BYTES).buffer);
        lengths = { header: prefix.getUint32(4, true), body: prefix.getUint32(8, true) };
        if (prefix.getUint32(0, true) !== MARK || lengths.header > MAX_HEADER_BYTES)
          throw new FrameError("not a frame: something else was written to the stream", true);
      }
      if (available < lengths.header + lengths.body) break;
      const header = new TextDecoder().decode(take(lengths.header));
      const body = take(lengths.body);
      lengths = null;
      yield { header: parse(header), body };
    }
  }
  if (available > 0 || lengths !== null) {
    chunks = [];
    throw new FrameError("the stream ended inside a frame", false);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FrameError("a frame's header is not JSON", true, { cause });
  }
}
