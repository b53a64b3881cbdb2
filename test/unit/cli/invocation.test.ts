import { describe, expect, it } from "vitest";
import { isAbort } from "../../../runner/cli/errors.ts";
import { parseScenarios } from "../../../runner/cli/invocation.ts";
import { DataError } from "../../../runner/engines/data-error.ts";
import type { Engine, MasterColumn } from "../../../runner/engines/engine.ts";

function engineOf(columns: readonly MasterColumn[]): Engine {
  return { schema: async () => columns } as unknown as Engine;
}

const sales = engineOf([
  { name: "store", sqlType: "BIGINT", keyType: "integer" },
  { name: "superstore", sqlType: "VARCHAR", keyType: "string" },
]);
const parse = (...texts: string[]) => parseScenarios(sales, ["store", "superstore"], texts);

describe("scenarios as they are typed", () => {
  it("are whole, in parts, in any order and by id", async () => {
    const key = { store: 2, superstore: "A" };
    for (const texts of [
      ["store=2,superstore=A"],
      ["store=2", "superstore=A"],
      ["superstore=A", "store=2"],
      ["store=2/superstore=A"],
    ]) {
      expect(await parse(...texts)).toEqual([key]);
    }
    expect(await parse("store=2", "superstore=A", "store=3,superstore=B", "superstore=C", "store=4")).toEqual([
      key,
      { store: 3, superstore: "B" },
      { store: 4, superstore: "C" },
    ]);
  });

  it("lack a column though another one's name ends like it", async () => {
    await expect(parse("superstore=A")).rejects.toThrow("--scenario superstore=A does not say which store");
    await expect(parse("store=2", "store=3")).rejects.toThrow("superstore");
  });

  it("keep commas and equals signs in a value", async () => {
    expect(await parse("store=2,superstore=A,B=C")).toEqual([{ store: 2, superstore: "A,B=C" }]);
  });
});

describe("an abort", () => {
  it("is told from errors", () => {
    const controller = new AbortController();
    controller.abort();
    expect(isAbort(controller.signal.reason)).toBe(true);
    expect(isAbort(new DataError("ABORTED", "interrupted"))).toBe(true);
    expect(isAbort(new DataError("SQL", "wrong"))).toBe(false);
    expect(isAbort("text")).toBe(false);
  });
});
