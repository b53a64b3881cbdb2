import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeModel, encodeModel, ModelFileError } from "../../../runner/estimators/model-file.ts";
import type { ModelState, StateArray } from "../../../runner/estimators/state.ts";

const typedArray: fc.Arbitrary<StateArray> = fc.oneof(
  fc.float64Array(),
  fc.float32Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.uint8Array(),
);
const { state: anyState } = fc.letrec<{ state: ModelState }>((tie) => ({
  state: fc.oneof(
    { maxDepth: 4 },
    fc.double(),
    fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.string({ unit: "binary" }),
    fc.boolean(),
    fc.constant(null),
    typedArray,
    fc.array(tie("state"), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("$array", "$number", "$entries", "$")), tie("state"), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  ),
}));

const example: ModelState = { weights: Float64Array.of(1.5, -0, Number.NaN), names: ["a", "b"], depth: 3 };

describe("model files", () => {
  it("give back exactly what was put in", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        expect(decodeModel(encodeModel(state))).toStrictEqual(state);
      }),
    );
  });

  it("can be read from any place in a larger buffer", () => {
    const bytes = encodeModel(example);
    for (let shift = 0; shift < 9; shift++) {
      const buffer = new Uint8Array(bytes.length + 20).fill(255);
      buffer.set(bytes, shift);
      expect(decodeModel(buffer.subarray(shift, shift + bytes.length))).toStrictEqual(example);
    }
  });

  it("store a view's part of its buffer only, aligned to 8 bytes", () => {
    const large = new Float64Array(1000).fill(7);
    const bytes = encodeModel({ odd: new Uint8Array(3), part: large.subarray(10, 12) });
    expect(bytes.length).toBeLessThan(300);
    expect(bytes.length % 8).toBe(0);
  });

  it("are about as large as their arrays", () => {
    expect(encodeModel({ thresholds: new Float32Array(10_000) }).length).toBeLessThan(40_200);
  });

  it("that are cut off say so, wherever the cut is", () => {
    const bytes = encodeModel(example);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeModel(bytes.subarray(0, length))).toThrow(ModelFileError);
      expect(() => decodeModel(bytes.subarray(0, length))).toThrow(/cut off/);
    }
  });

  it("that are damaged, foreign, longer or newer are told apart", () => {
    const bytes = encodeModel(example);
    expect(() => decodeModel(new TextEncoder().encode('{"class":"RidgeRegressor"}'))).toThrow(/not a model file/);
    expect(() => decodeModel(Uint8Array.of(...bytes, 0))).toThrow(/1 bytes too many/);
    const newer = bytes.slice();
    newer[8] = 9;
    expect(() => decodeModel(newer)).toThrow(/version 9.*upgrade/);
    const damaged = bytes.slice();
    damaged[17] = 0xff;
    expect(() => decodeModel(damaged)).toThrow(/header can't be read/);
  });

  it("with an array outside of the data or out of step fail as damaged", () => {
    const bytes = Buffer.from(encodeModel([new Uint8Array(8), Float64Array.of(1)]));
    for (const offset of ["4", "9"]) {
      const moved = Buffer.from(bytes);
      moved.write(offset, bytes.indexOf('"offset":8') + '"offset":'.length);
      expect(() => decodeModel(moved)).toThrow(/damaged: an array lies outside of its place/);
    }
  });

  it("with any byte changed either fail as model files or are read", () => {
    const bytes = encodeModel({ ...Object(example), flags: Uint8Array.of(1, 2, 3) });
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 }), (place, value) => {
        const changed = bytes.slice();
        changed[place] = value;
        try {
          decodeModel(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(ModelFileError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("hold only what a state may hold", () => {
    const bad: ModelState = JSON.parse("{}");
    Object.assign(bad as object, { big: new BigInt64Array(1) });
    expect(() => encodeModel(bad)).toThrow(/can't hold a \[object BigInt64Array\]/);
    Object.assign(bad as object, { big: undefined });
    expect(() => encodeModel(bad)).toThrow(/can't hold undefined/);
  });
});
