import { createHash } from "node:crypto";
import { KEY_LENGTH, SEGMENT_BYTES } from "./limits.ts";
import { wellFormed } from "./text.ts";

/**
 * Names of params, metrics and tags that MLflow, its file store and common file systems accept, one for each given
 * key, all different. MLflow allows letters, digits, `_ . - / :` and spaces; `/` makes sub-folders in a file store.
 *
 * - any other character, and `:` (not a file name on Windows), becomes `_`; accents are composed (NFC)
 * - spaces around a part, empty parts and `.` parts are dropped; dots at the end of a part, and two or more at its
 *   start, become `_`
 * - a part over 240 bytes or a key over 250 characters is cut and gets `-` and 8 hex digits of its SHA-256
 * - a key that equals another but for case, or that is another's folder (`a` and `a/b`), gets `.` for `/`, and if
 *   that is not enough the same hash
 *
 * Keys that need no change keep their names, whatever else is there.
 */
export function safeKeys(keys: Iterable<string>): Map<string, string> {
  const taken = new TakenKeys();
  const names = new Map<string, string>();
  const changed: [key: string, candidate: KeyName][] = [];
  for (const key of keys) {
    if (names.has(key)) continue;
    const candidate = nameOf(key);
    if (candidate.name === key && taken.isFree(candidate)) names.set(key, taken.take(candidate));
    else changed.push([key, candidate]);
  }
  for (const [key, candidate] of changed) {
    if (!names.has(key)) names.set(key, taken.take(freeName(key, candidate.name, taken)));
  }
  return names;
}

/** An accepted name. */
interface KeyName {
  readonly name: string;
  /** As a file system sees it for which case does not count. */
  readonly folded: string;
  /** The folders that it is in, of `folded`. */
  readonly folders: readonly string[];
}

/** The runs of a batch have the same keys: working their names out each time was half of the time of a record. */
const nameOfKey = new Map<string, KeyName>();
const MAX_KNOWN_KEYS = 10_000;

function nameOf(key: string): KeyName {
  let name = nameOfKey.get(key);
  if (name === undefined) {
    name = keyName(safeKey(key));
    if (nameOfKey.size >= MAX_KNOWN_KEYS) nameOfKey.clear();
    nameOfKey.set(key, name);
  }
  return name;
}

function keyName(name: string): KeyName {
  const folded = name.toLowerCase().normalize("NFC");
  const folders: string[] = [];
  for (let at = folded.indexOf("/"); at >= 0; at = folded.indexOf("/", at + 1)) folders.push(folded.slice(0, at));
  return { name, folded, folders };
}

/**
 * Letters that are newer than Unicode 14, the version of Python 3.11, whose `\w` MLflow goes by; and all beyond the
 * first 65,536 characters, where most new ones are.
 */
const UNKNOWN_TO_PYTHON =
  /[\u088F\u0C5C\u0CDC\u1C89\u1C8A\uA7CB-\uA7CF\uA7D2\uA7D4\uA7DA-\uA7DC\uA7F1]|[\u{10000}-\u{10FFFF}]/gu;

/** The accepted form of one key on its own. */
export function safeKey(key: string): string {
  const parts = wellFormed(key)
    .normalize("NFC")
    .replace(/[^\p{L}\p{Nd}_.\-/ ]/gu, "_")
    .replace(UNKNOWN_TO_PYTHON, "_")
    .split("/")
    .map((part) => part.trim())
    .filter((part) => part !== "" && part !== ".")
    .map((part) => part.replace(/^\.{2,}|\.+$/g, (dots) => "_".repeat(dots.length)));
  const name = parts.map((part) => shortPart(part, key)).join("/") || "_";
  if (name.length <= KEY_LENGTH) return name;
  return `${cutBytes(name.replaceAll("/", "."), SEGMENT_BYTES - 9)}-${shortHash(key)}`;
}

function shortPart(part: string, key: string): string {
  if (Buffer.byteLength(part) <= SEGMENT_BYTES) return part;
  return `${cutBytes(part, SEGMENT_BYTES - 9)}-${shortHash(key)}`;
}

function freeName(key: string, candidate: string, taken: TakenKeys): KeyName {
  const flat = candidate.replaceAll("/", ".");
  for (const name of [candidate, flat].map(keyName)) if (taken.isFree(name)) return name;
  for (let attempt = 0; ; attempt++) {
    const hash = shortHash(attempt === 0 ? key : `${key}#${attempt}`);
    const name = keyName(`${cutBytes(flat, SEGMENT_BYTES - 9)}-${hash}`);
    if (taken.isFree(name)) return name;
  }
}

/** Names in use, compared as a case-insensitive file system would. */
class TakenKeys {
  readonly #names = new Set<string>();
  readonly #folders = new Set<string>();

  isFree({ folded, folders }: KeyName): boolean {
    return !this.#names.has(folded) && !this.#folders.has(folded) && !folders.some((each) => this.#names.has(each));
  }

  take({ name, folded, folders }: KeyName): string {
    this.#names.add(folded);
    for (const folder of folders) this.#folders.add(folder);
    return name;
  }
}

function shortHash(key: string): string {
  return createHash("sha256").update(wellFormed(key)).digest("hex").slice(0, 8);
}

/** At most `bytes` bytes of UTF-8, cut between characters, without spaces or dots at the end. */
function cutBytes(text: string, bytes: number): string {
  let end = Math.min(text.length, bytes);
  while (Buffer.byteLength(text.slice(0, end)) > bytes) end--;
  return text
    .slice(0, end)
    .replace(/[\uD800-\uDBFF]$/, "")
    .replace(/[. ]+$/, "");
}
