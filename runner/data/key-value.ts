/**
 * One value of a scenario key. Integers beyond 2^53, decimals, dates (2024-01-31) and time stamps
 * (2024-01-31T12:00:00, with Z where the column has a zone) are text, so that nothing is lost in JSON; so are the
 * doubles that JSON lacks (NaN, Infinity, -Infinity).
 */
export type KeyValue = string | number | boolean;

/** What kind of values a key column holds, for reading a key from text. */
export type KeyType = "integer" | "float" | "decimal" | "boolean" | "string" | "date" | "timestamp" | "timestamptz";

/**
 * `text` as the canonical value of a key column of the type, the same that reading the column gives; null where the
 * text is no such value.
 */
export function parseKeyValue(text: string, type: KeyType): KeyValue | null {
  return KEY_READERS[type](text);
}

/** What a column of the type holds, for messages. */
export const KEY_TYPE_NAMES: Readonly<Record<KeyType, string>> = {
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
  const time = new Date(wholeMs).toISOString().slice(-13, -5);
  return `${isoDate(wholeMs)}T${time}${digits === "" ? "" : `.${digits}`}${zone}`;
}

/** The day of a time in UTC, as SQL casts it: years beyond 9999 without JavaScript's plus sign and padding. */
export function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, -14).replace(/^\+0*/, "");
}
