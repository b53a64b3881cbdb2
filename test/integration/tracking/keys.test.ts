import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { safeKeys } from "../../../runner/tracking/keys.ts";
import { runPython } from "../../setup/mlflow-server.ts";

test("MLflow's own validation accepts every name that we make", async () => {
  const anyKey = fc.oneof(
    fc.string({ unit: "binary", maxLength: 400 }),
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.string({ unit: fc.constantFrom("a", "/", ".", " ", "(", "é", "😀", "\ud800"), maxLength: 8 }),
  );
  const everyCharacter = Array.from({ length: 0x400 }, (_, row) =>
    Array.from({ length: 0x40 }, (_, column) => String.fromCharCode(row * 0x40 + column)).join(""),
  );
  const names = [...safeKeys([...everyCharacter, ...fc.sample(anyKey, { numRuns: 2000, seed: 1 })]).values()];
  const folder = await mkdtemp(join(tmpdir(), "names-"));
  try {
    await writeFile(join(folder, "names.json"), JSON.stringify(names));
    const script = join(import.meta.dirname, "refused_names.py");
    expect(await runPython(script, "", join(folder, "names.json"))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
