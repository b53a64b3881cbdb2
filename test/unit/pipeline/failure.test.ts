import { describe, expect, it } from "vitest";
import { describeFailure, locate } from "../../../runner/pipeline/failure.ts";

const project = process.cwd();
const stack = (...frames: readonly string[]) => ["Error: x", ...frames.map((frame) => `    at ${frame}`)].join("\n");

describe("the place of an error", () => {
  it("is the innermost frame in the project", () => {
    expect(
      locate(
        stack(
          "fit (/opt/scenario-runner/dist/index.ts:5:1)",
          `slope (${project}/pipeline.ts:12:7)`,
          `async fitAll (${project}/pipeline.ts:30:3)`,
        ),
      ),
    ).toEqual({ file: `${project}/pipeline.ts`, line: 12, column: 7 });
  });

  it("is read from frames without a function and from file addresses", () => {
    expect(locate(stack(`file://${project}/a.ts:1:2`))).toEqual({ file: `${project}/a.ts`, line: 1, column: 2 });
    expect(locate(stack(`new Model (file://${project}/a.ts:3:4)`))).toMatchObject({ line: 3 });
    expect(locate(stack(`file://${project}/my%20models/a.ts:1:2`))?.file).toBe(`${project}/my models/a.ts`);
  });

  it("is in the project's own files, never in a package or a bundle", () => {
    const packaged = `f (${project}/node_modules/lib/a.js:1:1)`;
    const bundled = `g (${project}/.scenario/bundles/0123.mjs:99:1)`;
    expect(locate(stack(packaged, bundled, `h (${project}/a.ts:3:4)`))?.file).toBe(`${project}/a.ts`);
    expect(locate(stack(packaged, bundled))).toBeNull();
  });

  it("is unknown where no frame names a file", () => {
    expect(locate(stack("new Promise (<anonymous>)", "node:internal/timers:581:17"))).toBeNull();
    expect(locate("")).toBeNull();
  });
});

describe("a failure", () => {
  it("has name, message, stage and stack of the error", () => {
    const error = new RangeError("too hot");
    expect(describeFailure(error, "prepareData")).toMatchObject({
      name: "RangeError",
      message: "too hot",
      stage: "prepareData",
      stack: error.stack,
      location: { file: import.meta.filename },
    });
  });

  it("tells the causes", () => {
    const error = new Error("no rows", { cause: new Error("no file", { cause: new Error("no disk") }) });
    expect(describeFailure(error, null).message).toBe("no rows: no file: no disk");
  });

  it("ends with causes that go in a circle", () => {
    const error = new Error("egg");
    error.cause = error;
    expect(describeFailure(error, null).message).toMatch(/^egg: egg/);
  });

  it("finds the place in the user's code also inside of errors that sum up others", () => {
    const inner = new Error("no licence");
    inner.stack = stack(`fit (${project}/model.ts:7:1)`);
    const outer = new AggregateError([inner], "none could be trained");
    outer.stack = stack("gridSearch (/opt/runner/grid-search.ts:1:1)");
    expect(describeFailure(outer, "tuneHyperparams").location).toMatchObject({ file: `${project}/model.ts`, line: 7 });
  });

  it.each([
    ["text", "out of stock", /out of stock/],
    ["undefined", undefined, /undefined/],
    ["an object", { code: 7 }, /code: 7/],
    ["an object without a prototype", Object.create(null), /not an Error/],
    ["a symbol", Symbol("x"), /Symbol\(x\)/],
  ])("describes %s that was thrown", (_, thrown, message) => {
    const failure = describeFailure(thrown, "predict");
    expect(failure.message).toMatch(message);
    expect(failure).toMatchObject({ name: "Error", stage: "predict", stack: "", location: null });
  });

  it("is plain text whatever an error's fields hold", () => {
    const odd = Object.assign(new Error("odd"), { name: 42, message: { a: 1 }, stack: undefined });
    expect(JSON.parse(JSON.stringify(describeFailure(odd, null)))).toEqual({
      name: "42",
      message: "{ a: 1 }",
      stage: null,
      stack: "",
      location: null,
    });
  });
});
