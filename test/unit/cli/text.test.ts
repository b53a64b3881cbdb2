import { describe, expect, it } from "vitest";
import { duration } from "../../../runner/cli/progress.ts";
import { shortNumber, textTable } from "../../../runner/cli/text-table.ts";

describe("text for people", () => {
  it("lines columns up, numbers to the right", () => {
    const rows = [
      ["north", "1.5", "x"],
      ["s", "10", ""],
      ["", "-", "long"],
    ];
    expect(textTable(["shop", "mae", "note"], rows)).toBe(
      ["shop   mae  note", "-----  ---  ----", "north  1.5  x", "s       10", "         -  long"].join("\n"),
    );
  });

  it.each([
    [0, "0"],
    [12, "12"],
    [0.12345, "0.123"],
    [12.345, "12.35"],
    [123.456, "123.5"],
    [123456.7, "1.235e+5"],
    [0.00012346, "0.0001235"],
    [-2.5, "-2.500"],
    [Number.NaN, "-"],
    [null, "-"],
  ])("writes %s as %s", (value, text) => {
    expect(shortNumber(value)).toBe(text);
  });

  it.each([
    [0.04, "0.0 s"],
    [9.94, "9.9 s"],
    [59, "59 s"],
    [60, "1 min 0 s"],
    [3599, "59 min 59 s"],
    [7500, "2 h 5 min"],
  ])("writes %s seconds as %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
