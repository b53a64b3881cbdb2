/** A constructor got a value that it can't work with. */
export class InvalidOptionError extends RangeError {
  override readonly name = "InvalidOptionError";

  /** @param owner the class. @param option its parameter. @param rule what the value must be, to follow "must be". */
  constructor(owner: string, option: string, value: unknown, rule: string) {
    super(`${owner}: ${option} must be ${rule}, not ${typeof value === "string" ? `"${value}"` : String(value)}`);
  }
}

/** Checks of one class's options; each returns the value, so that a constructor reads as a list of its parameters. */
export class OptionCheck {
  readonly #owner: string;

  /** @param owner the class whose constructor checks. */
  constructor(owner: string) {
    this.#owner = owner;
  }

  #check<T>(name: string, value: T, ok: boolean, rule: string): T {
    if (!ok) throw new InvalidOptionError(this.#owner, name, value, rule);
    return value;
  }

  /** A finite number at or above `low`. */
  atLeast(name: string, value: number, low: number): number {
    return this.#check(name, value, Number.isFinite(value) && value >= low, `a number of at least ${low}`);
  }

  /** A number above 0; infinity is allowed. */
  positive(name: string, value: number): number {
    return this.#check(name, value, value > 0, "a number above 0");
  }

  /** A whole number at or above `low`. */
  count(name: string, value: number, low = 1): number {
    return this.#check(name, value, Number.isSafeInteger(value) && value >= low, `a whole number of at least ${low}`);
  }

  boolean(name: string, value: boolean): boolean {
    return this.#check(name, value, typeof value === "boolean", "true or false");
  }

  oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) {
      const list = allowed.map((candidate) => `"${candidate}"`).join(", ");
      throw new InvalidOptionError(this.#owner, name, value, `one of ${list}`);
    }
    return found;
  }

  /** Anything that `ok` accepts. */
  that<T>(name: string, value: T, ok: boolean, rule: string): T {
    return this.#check(name, value, ok, rule);
  }
}
