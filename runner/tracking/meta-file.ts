import { readFile } from "node:fs/promises";

/**
 * The content of a `meta.yaml`. Ours are JSON, which is YAML as well and many times as fast to read; those that
 * MLflow wrote need a YAML parser, which is loaded only then.
 */
export async function readMeta(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8");
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
