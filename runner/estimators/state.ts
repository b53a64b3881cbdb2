/** Typed arrays that a model file stores as raw bytes. */
export type StateArray = Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Uint8Array;

/** What a fitted object is made of: JSON values (NaN and infinities allowed) and typed arrays. */
export type ModelState =
  | string
  | number
  | boolean
  | null
  | StateArray
  | readonly ModelState[]
  | { readonly [name: string]: ModelState };

/** Reads a `ModelState` field by field, so that a damaged or foreign model file fails with a clear message. */
export class StateReader {
  readonly #fields: { readonly [name: string]: ModelState };
  readonly #owner: string;

  /** @param owner the class that reads, for messages. */
  constructor(state: ModelState, owner: string) {
    if (typeof state !== "object" || state === null || Array.isArray(state) || ArrayBuffer.isView(state)) {
      throw new TypeError(`the stored state of ${owner} is not an object`);
    }
    this.#fields = state as { readonly [name: string]: ModelState };
    this.#owner = owner;
  }

  #fail(name: string, expected: string): never {
    throw new TypeError(`the stored state of ${this.#owner} has no ${expected} "${name}"`);
  }

  has(name: string): boolean {
    return name in this.#fields;
  }

  any(name: string): ModelState {
    if (!(name in this.#fields)) this.#fail(name, "field");
    return this.#fields[name];
  }

  number(name: string): number {
    const value = this.#fields[name];
    return typeof value === "number" ? value : this.#fail(name, "number");
  }

  boolean(name: string): boolean {
    const value = this.#fields[name];
    return typeof value === "boolean" ? value : this.#fail(name, "boolean");
  }

  string(name: string): string {
    const value = this.#fields[name];
    return typeof value === "string" ? value : this.#fail(name, "string");
  }

  list(name: string): readonly ModelState[] {
    const value = this.#fields[name];
    return Array.isArray(value) ? value : this.#fail(name, "list");
  }

  strings(name: string): readonly string[] {
    const value = this.list(name);
    return value.every((item) => typeof item === "string")
      ? (value as readonly string[])
      : this.#fail(name, "list of strings");
  }

  /** A typed array of the given class. */
  array<T extends StateArray>(name: string, type: { new (length: number): T }): T {
    const value = this.#fields[name];
    return value instanceof type ? value : this.#fail(name, type.name);
  }
}
