import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "../../../runner/estimators/option.ts";
import { OrdinalEncoder, type OrdinalEncoderOptions } from "../../../runner/estimators/ordinal-encoder.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

function encode(options: OrdinalEncoderOptions = {}): number[] {
  const encoder = new OrdinalEncoder(options).fit(new Table({ size: categoricalOf(["m", "l", null, "s", "m"]) }));
  return [...encoder.transform(new Table({ size: categoricalOf(["s", "new", null, "l", "m"]) })).numbers("size")];
}

describe("OrdinalEncoder", () => {
  it("numbers categories in sorted order; unknown and missing ones are NaN", () => {
    expect(encode()).toEqual([2, Number.NaN, Number.NaN, 0, 1]);
  });

  it("takes other numbers for those", () => {
    expect(encode({ unknownValue: -1, encodedMissingValue: -2 })).toEqual([2, -1, -2, 0, 1]);
    expect(() => encode({ handleUnknown: "error" })).toThrow(/row 1 of column "size"/);
    expect(() => new OrdinalEncoder({ unknownValue: 1 })).toThrow(InvalidOptionError);
  });

  it("keeps the place of the column and lets numbers pass", () => {
    const table = new Table({ size: categoricalOf(["b", "a"]), x: numeric(Float64Array.of(5, 6)) });
    const encoded = new OrdinalEncoder().fit(table).transform(table);
    expect(encoded.names).toEqual(["size", "x"]);
    expect([...encoded.numbers("x")]).toEqual([5, 6]);
  });
});
