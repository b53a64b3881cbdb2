/**
 * One value of a scenario key. Integers beyond 2^53, decimals, dates (2024-01-31) and time stamps
 * (2024-01-31T12:00:00, with Z where the column has a zone) are text, so that nothing is lost in JSON; so are the
 * doubles that JSON lacks (NaN, Infinity, -Infinity).
 */
export type KeyValue = string | number | boolean;

/** The key columns and their values, in the order of the project's `scenarioKey`. */
export type ScenarioKey = Readonly<Record<string, KeyValue>>;

/** A key as one readable line, `store=2/brand=1`: unambiguous, the same for the same key, to be compared and kept. */
export type ScenarioId = string & { readonly __brand: "ScenarioId" };

/** What kind of values a key column holds, for reading a key from text. */
export type KeyType = "integer" | "float" | "decimal" | "boolean" | "string" | "date" | "timestamp" | "timestamptz";

export interface KeyColumn {
  readonly name: string;
  readonly type: KeyType;
}

/** Text that names no scenario of the project: an unknown column, a missing one, a value of another type. */
export class ScenarioKeyError extends Error {
  override readonly name = "ScenarioKeyError";
  readonly code = "SCENARIO_KEY";
}

/**
 * The id of a key. In names and values `%`, `/`, `=`, `,`, control characters and spaces at the ends are written as
 * `%` and two hexadecimal digits, so that the id can be read back whatever the values hold.
 *
 * @example
 * scenarioId({ store: 2, brand: "A/B" }); // store=2/brand=A%2FB
 */
export function scenarioId(key: ScenarioKey): ScenarioId {
  const parts = Object.keys(key).map((name) => `${escapePart(name)}=${escapePart(String(key[name]))}`);
  return parts.join("/") as ScenarioId;
}

/**
 * A scenario as people type it: `store=2,brand=1`, or an id (`store=2/brand=1`), in any order of columns. A comma or
 * slash ends a value only where `column=` of the key follows, so `brand=A/B` needs no escaping.
 *
 * @param columns the project's key columns in order.
 * @throws ScenarioKeyError saying what the key is made of.
 */
export function parseScenarioKey(text: string, columns: readonly KeyColumn[]): ScenarioKey {
  const found = new Map<string, string>();
  for (const { name, value } of splitParts(text, columns)) {
    if (found.has(name)) throw new ScenarioKeyError(`"${text}" gives ${name} twice`);
    found.set(name, value);
  }
  const key: Record<string, KeyValue> = {};
  for (const { name, type } of columns) {
    const value = found.get(name);
    if (value === undefined) {
      throw new ScenarioKeyError(`"${text}" lacks ${name}; ${expected(columns)}`);
    }
    key[name] = parseKeyValue(unescapePart(value), name, type);
  }
  return key;
}

function expected(columns: readonly KeyColumn[]): string {
  return `a scenario of this project is written ${columns.map(({ name }) => `${name}=...`).join(",")}`;
}

function splitParts(text: string, columns: readonly KeyColumn[]): { name: string; value: string }[] {
  const names = columns.flatMap(({ name }) => [name, escapePart(name)]).sort((a, b) => b.length - a.length);
  const start = new RegExp(`(?:^|[,/])\\s*(${names.map(escapeRegExp).join("|")})=`, "gu");
  const matches = [...text.matchAll(start)];
  if (matches.length === 0 || matches[0].index !== 0) {
    throw new ScenarioKeyError(`"${text}" does not name a scenario; ${expected(columns)}`);
  }
  return matches.map((match, index) => ({
    name: columns.find(({ name }) => name === match[1] || escapePart(name) === match[1])?.name ?? match[1],
    value: text.slice(match.index + match[0].length, matches[index + 1]?.index ?? text.length),
  }));
}

/** `text` as the canonical value of a key column, the same that {@link splitScenarios} reads from the data. */
export function parseKeyValue(text: string, name: string, type: KeyType): KeyValue {
  const value = KEY_READERS[type](text);
  if (value === null) throw new ScenarioKeyError(`${name}=${text}: the column holds ${KEY_TYPE_NAMES[type]}`);
  return value;
}

const KEY_TYPE_NAMES: Readonly<Record<KeyType, string>> = {
  integer: "whole numbers",
  float: "numbers",
  decimal: "decimal numbers",
  boolean: "true or false",
  string: "text",
  date: "dates such as 2024-01-31",
  timestamp: "time stamps such as 2024-01-31T12:00:00",
  timestamptz: "time stamps such as 2024-01-31T12:00:00Z",
};

const KEY_READERS: Readonly<Record<KeyType, (text: string) => KeyValue | null>> = {
  string: (text) => text,
  boolean: (text) => (/^true$/i.test(text) ? true : /^false$/i.test(text) ? false : null),
  integer: (text) => (/^[+-]?\d+$/.test(text.trim()) ? integerValue(BigInt(text.trim().replace("+", ""))) : null),
  float: (text) => floatValue(text.trim()),
  decimal: (text) => decimalValue(text.trim()),
  date: (text) => (isDate(text.trim()) ? text.trim() : null),
  timestamp: (text) => timestampValue(text.trim(), ""),
  timestamptz: (text) => timestampValue(text.trim(), "Z"),
};

/** A number where a double holds it exactly, else its digits. */
export function integerValue(value: bigint): KeyValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** A number; NaN and infinities as text; -0 is 0. */
export function doubleValue(value: number): KeyValue {
  return Number.isFinite(value) ? value + 0 : String(value);
}

function floatValue(text: string): KeyValue | null {
  if (/^nan$/i.test(text)) return "NaN";
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite !== null) return infinite[1] === "-" ? "-Infinity" : "Infinity";
  const value = Number(text);
  return text === "" || !Number.isFinite(value) ? null : doubleValue(value);
}

function decimalValue(text: string): KeyValue | null {
  const match = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text);
  if (match === null || !/\d/.test(text)) return null;
  const [, sign, whole, fraction = ""] = match;
  const digits = `${whole || "0"}${fraction === "" ? "" : `.${fraction}`}`;
  return sign === "-" && digits !== "0" ? `-${digits}` : digits;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function timestampValue(text: string, zone: "" | "Z"): KeyValue | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(
    text,
  );
  if (match === null || !isDate(match[1])) return null;
  const [, date, minutes = "00:00", seconds = "00", fraction = "", offset = ""] = match;
  if (offset !== "" && zone === "") return null;
  const minutesOfOffset = offset === "" || offset === "Z" ? 0 : offsetMinutes(offset);
  const time = new Date(`${date}T${minutes}:${seconds}Z`).getTime() - minutesOfOffset * 60_000;
  return Number.isNaN(time) ? null : timestampText(time, fraction, zone);
}

function offsetMinutes(offset: string): number {
  const digits = offset.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return offset.startsWith("-") ? -minutes : minutes;
}

/**
 * A time stamp as a key writes it: fractions of a second in groups of three digits, none where they are zero.
 *
 * @param wholeMs milliseconds since 1970 of a whole second. @param fraction digits of the second, up to 9.
 */
export function timestampText(wholeMs: number, fraction: string, zone: "" | "Z"): string {
  const digits = fraction.padEnd(9, "0").replace(/(000)+$/, "");
  const seconds = new Date(wholeMs).toISOString().replace(/\.000Z$/, "");
  return seconds + (digits === "" ? "" : `.${digits}`) + zone;
}

const SPECIAL = /[%/=,\p{Cc}]|^\s|\s$/gu;

function escapePart(text: string): string {
  return text.replace(SPECIAL, (character) => {
    const bytes = new TextEncoder().encode(character);
    return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
  });
}

function unescapePart(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    const bytes = Uint8Array.from(escaped.match(/[0-9a-f]{2}/gi) ?? [], (hex) => Number.parseInt(hex, 16));
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return escaped; // not our escape, so the text means itself
    }
  });
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
