import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StringInterner } from "../../../runner/table/string-interner.ts";

function intern(interner: StringInterner, text: string): number {
  const bytes = new TextEncoder().encode(`(${text})`);
  return interner.intern(bytes, 1, bytes.length - 1);
}

describe("StringInterner", () => {
  it("numbers strings in the order of first sight", () => {
    const interner = new StringInterner();
    expect(["b", "", "b", "é", "a", ""].map((text) => intern(interner, text))).toEqual([0, 1, 0, 2, 3, 1]);
    expect(interner.strings()).toEqual(["b", "", "é", "a"]);
    expect(interner.size).toBe(4);
  });

  it("does what a map of strings does, for any strings and any number of them", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 3 }),
      fc.string({ unit: "grapheme", maxLength: 40 }),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 300 }), (texts) => {
        const interner = new StringInterner();
        const map = new Map<string, number>();
        for (const one of texts) {
          if (!map.has(one)) map.set(one, map.size);
          expect(intern(interner, one)).toBe(map.get(one));
        }
        expect(interner.strings()).toEqual([...map.keys()]);
      }),
    );
  });

  it("grows to many strings", () => {
    const interner = new StringInterner();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 20_000; i++)
        if (intern(interner, `name ${i}`) !== i) throw new Error(`string ${i} got another code`);
    }
    expect(interner.size).toBe(20_000);
    expect(interner.strings()[19_999]).toBe("name 19999");
  });

  it("hands out Arrow's layout", () => {
    const interner = new StringInterner();
    for (const text of ["ab", "", "c"]) intern(interner, text);
    const { offsets, bytes } = interner.utf8();
    expect([...offsets]).toEqual([0, 2, 2, 3]);
    expect(new TextDecoder().decode(bytes)).toBe("abc");
  });
});
