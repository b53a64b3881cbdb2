import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeKey, safeKeys } from "../../../runner/tracking/keys.ts";

/** MLflow's own rule for names of params, metrics and tags (`validate_param_and_metric_name`), without its colon. */
function isAccepted(name: string): boolean {
  const parts = name.split("/");
  return (
    /^[\p{L}\p{Nd}_.\- /]+$/u.test(name) &&
    name.length <= 250 &&
    parts.every((part) => part !== "" && part !== "." && part !== ".." && Buffer.byteLength(part) <= 255)
  );
}

const anyKey = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc.string({ unit: fc.constantFrom("a", "A", "/", ".", " ", "(", "é", "😀", "\ud800", "_"), maxLength: 8 }),
);

describe("safeKeys", () => {
  test("gives every key a name that MLflow and its file store accept", () => {
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 12 }), (keys) => {
        for (const name of safeKeys(keys).values()) expect(name).toSatisfy(isAccepted);
      }),
    );
  });

  test("gives different keys names that are different files, also where case does not count", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyKey, { maxLength: 12 }), (keys) => {
        const names = [...safeKeys(keys).values()].map((name) => name.toLowerCase());
        expect(names).toHaveLength(keys.length);
        expect(new Set(names).size).toBe(names.length);
        for (const name of names) {
          for (const other of names) expect(other.startsWith(`${name}/`)).toBe(false);
        }
      }),
    );
  });

  test("leaves names alone that are good already", () => {
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 12 }), (keys) => {
        const names = [...safeKeys(keys).values()];
        expect([...safeKeys(names).values()]).toEqual([...new Set(names)]);
      }),
    );
  });

  test("replaces what MLflow's search can't read", () => {
    expect(safeKey("share (%)")).toBe("share ___");
    expect(safeKey("time:fit")).toBe("time_fit");
    expect(safeKey("a//b/./ c ")).toBe("a/b/c");
    expect(safeKey("../x")).toBe("__/x");
    expect(safeKey("")).toBe("_");
  });

  test("keeps a metric and a metric in its folder apart", () => {
    expect([...safeKeys(["wape", "wape/mean"])]).toEqual([
      ["wape", "wape"],
      ["wape/mean", "wape.mean"],
    ]);
  });

  test("keeps the name of a good key when a bad one would become the same", () => {
    const names = safeKeys(["a(b", "a_b"]);
    expect(names.get("a_b")).toBe("a_b");
    expect(names.get("a(b")).toMatch(/^a_b-[0-9a-f]{8}$/);
  });
});
