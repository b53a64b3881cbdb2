import * as z from "zod/mini";
import type { ModelState, StateArray } from "./state.ts";

/** Bytes that are not a whole model file of a version that this code reads. */
export class ModelFileError extends Error {
  override readonly name = "ModelFileError";
}

const magic = new TextEncoder().encode("scenario");
const version = 1;
/** magic, u32 version, u32 header length. */
const prefixBytes = 16;
const alignment = 8;

const arrayTypes = {
  f64: Float64Array,
  f32: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  i16: Int16Array,
  u16: Uint16Array,
  u8: Uint8Array,
} as const;
type ArrayTypeName = keyof typeof arrayTypes;

/** JSON with the typed arrays taken out; what JSON can't say stands in an object with one `$` key. */
type HeaderValue = string | number | boolean | null | readonly HeaderValue[] | { readonly [name: string]: HeaderValue };

const size = z.int().check(z.nonnegative());
const headerSchema = z.object({
  state: z.custom<HeaderValue>((value) => value !== undefined),
  /** `offset`: bytes after the header, a multiple of 8. */
  arrays: z.array(
    z.object({ type: z.enum(["f64", "f32", "i32", "u32", "i16", "u16", "u8"]), length: size, offset: size }),
  ),
  dataBytes: size,
});
type Header = z.infer<typeof headerSchema>;
type StoredArray = Header["arrays"][number];

/**
 * A model state as compact bytes, after the layout of safetensors: `scenario`, u32 version, u32 header length, a JSON
 * header, then the typed arrays as raw little-endian buffers that start at multiples of 8. NaN, infinities and -0 are
 * kept; views that share a buffer are stored each by itself.
 */
export function encodeModel(state: ModelState): Uint8Array {
  const arrays: StateArray[] = [];
  const places: StoredArray[] = [];
  let dataBytes = 0;
  const place = (array: StateArray): HeaderValue => {
    places.push({ type: typeNameOf(array), length: array.length, offset: dataBytes });
    arrays.push(array);
    dataBytes += roundUp(array.byteLength);
    return { $array: arrays.length - 1 };
  };
  const tree = toHeader(state, place);
  const header = new TextEncoder().encode(JSON.stringify({ state: tree, arrays: places, dataBytes }));
  const dataStart = roundUp(prefixBytes + header.length);
  const bytes = new Uint8Array(dataStart + dataBytes);
  bytes.set(magic);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, version, true);
  view.setUint32(12, header.length, true);
  bytes.set(header, prefixBytes);
  for (let i = 0; i < arrays.length; i++) {
    const { buffer, byteOffset, byteLength } = arrays[i];
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), dataStart + places[i].offset);
  }
  return bytes;
}

/**
 * What {@link encodeModel} was given. Arrays are views on `bytes` where these are aligned, so don't write to either.
 * @throws ModelFileError when the bytes are foreign, cut off, damaged or of a later version.
 */
export function decodeModel(bytes: Uint8Array): ModelState {
  const headerLength = readPrefix(bytes);
  const dataStart = roundUp(prefixBytes + headerLength);
  if (dataStart > bytes.length) throw cutOff(bytes.length, dataStart);
  const header = parseHeader(bytes.subarray(prefixBytes, prefixBytes + headerLength));
  if (bytes.length < dataStart + header.dataBytes) throw cutOff(bytes.length, dataStart + header.dataBytes);
  if (bytes.length > dataStart + header.dataBytes) {
    throw new ModelFileError(`the model file has ${bytes.length - dataStart - header.dataBytes} bytes too many`);
  }
  // Typed arrays need aligned memory; a slice of a larger buffer may not be.
  const data = bytes.byteOffset % alignment === 0 ? bytes.subarray(dataStart) : bytes.slice(dataStart);
  const arrays = header.arrays.map((stored) => arrayAt(stored, data));
  return toState(header.state, arrays);
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

function cutOff(present: number, expected: number): ModelFileError {
  return new ModelFileError(`the model file is cut off: ${present} bytes of ${expected}; copy or download it again`);
}

function typeNameOf(array: StateArray): ArrayTypeName {
  for (const [name, type] of Object.entries(arrayTypes)) if (array instanceof type) return name as ArrayTypeName;
  throw new TypeError(`a model state can't hold a ${Object.prototype.toString.call(array)}`);
}

function toHeader(state: ModelState, place: (array: StateArray) => HeaderValue): HeaderValue {
  if (typeof state === "number") {
    return Number.isFinite(state) && !Object.is(state, -0)
      ? state
      : { $number: Object.is(state, -0) ? "-0" : String(state) };
  }
  if (typeof state === "string" || typeof state === "boolean" || state === null) return state;
  if (ArrayBuffer.isView(state)) return place(state as StateArray);
  if (Array.isArray(state)) return state.map((item) => toHeader(item, place));
  if (typeof state !== "object") throw new TypeError(`a model state can't hold ${typeof state}`);
  const entries = Object.entries(state).map(([key, value]) => [key, toHeader(value, place)] as const);
  if (entries.some(([key]) => key.startsWith("$"))) return { $entries: entries.map(([key, value]) => [key, value]) };
  return Object.fromEntries(entries);
}

function toState(value: HeaderValue, arrays: readonly StateArray[]): ModelState {
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map((item) => toState(item, arrays));
  if (Object.hasOwn(value, "$number")) return Number(value.$number);
  if (Object.hasOwn(value, "$array")) {
    const array = arrays[Number(value.$array)];
    if (array === undefined) throw new ModelFileError("the model file is damaged: its header names an array it lacks");
    return array;
  }
  if (Object.hasOwn(value, "$entries")) {
    const entries = isList(value.$entries) ? value.$entries : [];
    return Object.fromEntries(
      entries.map((entry) => (isList(entry) ? [String(entry[0]), toState(entry[1], arrays)] : ["", null])),
    );
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toState(item, arrays)]));
}

function isList(value: HeaderValue): value is readonly HeaderValue[] {
  return Array.isArray(value);
}

/** @returns the header's length. */
function readPrefix(bytes: Uint8Array): number {
  for (let i = 0; i < Math.min(magic.length, bytes.length); i++) {
    if (bytes[i] !== magic[i]) throw new ModelFileError("this is not a model file of scenario-runner");
  }
  if (bytes.length < prefixBytes) throw cutOff(bytes.length, prefixBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.getUint32(8, true);
  if (found !== version) {
    throw new ModelFileError(`the model file has version ${found}, this scenario-runner reads ${version}; upgrade it`);
  }
  return view.getUint32(12, true);
}

function parseHeader(bytes: Uint8Array): Header {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new ModelFileError("the model file is damaged: its header can't be read", { cause });
  }
}

function arrayAt({ type, length, offset }: StoredArray, data: Uint8Array): StateArray {
  const { BYTES_PER_ELEMENT: width } = arrayTypes[type];
  const ArrayType: new (buffer: ArrayBufferLike, offset: number, length: number) => StateArray = arrayTypes[type];
  if (offset % alignment !== 0 || offset + length * width > data.byteLength) {
    throw new ModelFileError("the model file is damaged: an array lies outside of its place");
  }
  return new ArrayType(data.buffer, data.byteOffset + offset, length);
}
