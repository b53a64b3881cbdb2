import type { Vector } from "@duckdb/node-bindings";

/** The parts of DuckDB's C interface that hand out raw vectors. */
export interface NativeVectors {
  /** The first `byteCount` bytes of a vector's values, copied. */
  data(vector: Vector, byteCount: number): Uint8Array;
  /** A bit for each of the first `rowCount` rows, in Arrow's order, 1 is valid; null: all are. */
  validity(vector: Vector, rowCount: number): Uint8Array | null;
  /** The bytes that the pointer at byte `at` of a vector's values points to, copied. The vector must still be there. */
  pointee(values: Uint8Array, at: number, byteCount: number): Uint8Array;
}

/** DuckDB, loaded when first needed: it takes a fifth of a second, which a project without DuckDB should not pay. */
export async function loadDuckDb() {
  const [api, bindings] = await Promise.all([import("@duckdb/node-api"), import("@duckdb/node-bindings")]);
  const native: NativeVectors = {
    data: (vector, byteCount) => bindings.default.vector_get_data(vector, byteCount),
    validity: (vector, rowCount) => bindings.default.vector_get_validity(vector, Math.ceil(rowCount / 64) * 8),
    pointee: (values, at, byteCount) =>
      bindings.default.get_data_from_pointer(values.buffer as ArrayBuffer, values.byteOffset + at, byteCount),
  };
  return { api, bindings: bindings.default, native };
}

export type DuckDb = Awaited<ReturnType<typeof loadDuckDb>>;
