import { describe, expect, it } from "vitest";
import { checkRunContent } from "../../../runner/pipeline/run-content.ts";
import type { RunContent } from "../../../runner/pipeline/stages.ts";

const content: RunContent = {
  params: { text: "a", number: 1, flag: true, none: null },
  metrics: { rmse: 1.5, mase: Number.NaN, worst: Number.POSITIVE_INFINITY },
  tags: { team: "demand" },
  artifacts: { "a.json": "{}", "b.bin": Uint8Array.of(1) },
};

describe("checkRunContent", () => {
  it("passes what can be logged, NaN and infinities included", () => {
    expect(() => checkRunContent(content)).not.toThrow();
  });

  it.each([
    ["metrics", { margin: "a lot" }, 'the metric "margin" is string, not a number'],
    ["metrics", { margin: undefined }, 'the metric "margin" is undefined, not a number'],
    ["metrics", { margin: null }, 'the metric "margin" is null, not a number'],
    ["metrics", undefined, "logRun returned no metrics"],
    ["params", { rows: 12n }, 'the param "rows" is bigint, not text, a number, true or false'],
    ["params", { grid: [1, 2] }, 'the param "grid" is object, not text, a number, true or false'],
    ["tags", { version: 3 }, 'the tag "version" is number, not text'],
    ["artifacts", { "a.csv": undefined }, 'the artifact "a.csv" is undefined, not text or bytes (Uint8Array)'],
  ])("refuses %s %o", (field, value, message) => {
    expect(() => checkRunContent({ ...content, [field]: value } as RunContent)).toThrow(message);
  });
});
