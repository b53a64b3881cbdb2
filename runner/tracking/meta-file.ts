import { readFile } from "node:fs/promises";

/** The content of a `meta.yaml` file. */
export async function readMeta(path: string): Promise<unknown> {
  return parseMeta(await readFile(path, "utf8"));
}

/**
 * What the text of a `meta.yaml` says. Ours are JSON, which is YAML as well and many times as fast to read; those that
 * MLflow wrote need a YAML parser, which is loaded only then.
 */
export async function parseMeta(text: string): Promise<unknown> {
  if (text.startsWith("{")) {
    try {
      return JSON.parse(text);
    } catch {
      // YAML also has a brace form that is not JSON.
    }
  }
  const { parse } = await import("yaml");
  return parse(text);
}
