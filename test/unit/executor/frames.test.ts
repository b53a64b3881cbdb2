import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame, type Frame, FrameError, readFrames } from "../../../runner/executor/frames.ts";

async function* stream(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function read(...chunks: readonly Uint8Array[]): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of readFrames(stream(...chunks))) frames.push(frame);
  return frames;
}

const concat = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

const anyFrame = fc.record({ header: fc.jsonValue(), body: fc.uint8Array({ maxLength: 40 }) });
const anyFrames = fc.array(anyFrame, { maxLength: 6 });
const bytesOf = (frames: readonly Frame[]) => concat(frames.flatMap(({ header, body }) => encodeFrame(header, body)));
/** What JSON makes of a header: it has no -0. */
const asRead = (frames: readonly Frame[]) =>
  frames.map(({ header, body }) => ({ header: JSON.parse(JSON.stringify(header)), body }));

describe("readFrames", () => {
  it("gives the frames that were written, however the bytes are cut into chunks", async () => {
    await fc.assert(
      fc.asyncProperty(anyFrames, fc.array(fc.nat(400), { maxLength: 30 }), async (frames, places) => {
        const bytes = bytesOf(frames);
        const cuts = [0, ...places.filter((place) => place < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end));
        expect(await read(...chunks)).toEqual(asRead(frames));
      }),
    );
  });

  it("gives the frames that came one byte at a time", async () => {
    const frames = [
      { header: { type: "train", id: 1 }, body: Uint8Array.of(1, 2, 3) },
      { header: "é€😀", body: new Uint8Array() },
    ];
    expect(await read(...Array.from(bytesOf(frames), (byte) => Uint8Array.of(byte)))).toEqual(frames);
  });

  it("starts each body at an offset of 8, so that Arrow can read doubles in place", async () => {
    const frames = await read(
      bytesOf([
        { header: "odd", body: new Uint8Array(9) },
        { header: 1, body: new Uint8Array(8) },
      ]),
    );
    for (const { body } of frames) expect(body.byteOffset % 8).toBe(0);
  });

  it("gives a frame as soon as it is whole", async () => {
    const [first, second] = ["first", "second"].map((header) => concat(encodeFrame(header)));
    let taken = 0;
    async function* slowly() {
      taken++;
      yield concat([first, second.subarray(0, 5)]);
      taken++;
      yield second.subarray(5);
    }
    const frames = readFrames(slowly());
    expect((await frames.next()).value).toMatchObject({ header: "first" });
    expect(taken).toBe(1);
    await frames.return(undefined);
  });

  it("joins a body of several parts", async () => {
    const parts = encodeFrame("h", Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3));
    expect(await read(concat(parts))).toEqual([{ header: "h", body: Uint8Array.of(1, 2, 3) }]);
  });

  it("fails where the stream ends inside a frame, wherever that is", async () => {
    await fc.assert(
      fc.asyncProperty(anyFrame, fc.nat(), async (frame, place) => {
        const bytes = bytesOf([frame]);
        const cut = bytes.subarray(0, 1 + (place % (bytes.length - 1)));
        await expect(read(cut)).rejects.toThrow(FrameError);
      }),
    );
  });

  it.each([
    ["a line of text", "Downloading model weights: 100%\n"],
    ["a few dots", "...."],
    ["a byte", "x"],
    ["line breaks", "\n\n\n\n\n\n\n\n\n"],
  ])("fails at once on %s between frames", async (_, text) => {
    const noise = new TextEncoder().encode(text);
    const later = concat(encodeFrame({ type: "done" }, new Uint8Array(100)));
    let taken = 0;
    async function* noisy() {
      yield concat(encodeFrame("before"));
      yield concat([noise, later]);
      for (; taken < 1000; taken++) yield new Uint8Array(1000);
    }
    const frames = readFrames(noisy());
    expect((await frames.next()).value).toMatchObject({ header: "before" });
    await expect(frames.next()).rejects.toThrow(/something else was written to the stream/);
    expect(taken).toBe(0);
  });

  it("fails on a header that is not JSON", async () => {
    const [head] = encodeFrame("abc");
    head[head.length - 1] = 0;
    await expect(read(head)).rejects.toThrow(FrameError);
  });

  it("has nothing to give for an empty stream", async () => {
    expect(await read()).toEqual([]);
  });
});
