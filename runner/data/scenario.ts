import { KEY_TYPE_NAMES, type KeyType, type KeyValue, parseKeyValue } from "./key-value.ts";

export type { KeyType, KeyValue };

/** The key columns and their values, in the order of the project's `scenarioKey`. */
export type ScenarioKey = Readonly<Record<string, KeyValue>>;

/** A key as one readable line, `store=2/brand=1`: unambiguous, the same for the same key, to be compared and kept. */
export type ScenarioId = string & { readonly __brand: "ScenarioId" };

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
    const parsed = parseKeyValue(unescapePart(value), type);
    if (parsed === null) throw new ScenarioKeyError(`${name}=${value}: the column holds ${KEY_TYPE_NAMES[type]}`);
    key[name] = parsed;
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
