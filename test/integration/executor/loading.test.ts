import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ExecutorProcess, ProjectLoadError } from "../../../runner/executor/executor-process.ts";
import { bundleFixture, fixtures, leftAfter, lineOf } from "./executors.ts";

/** Loads the fixture, which must fail. */
async function failureOfLoading(name: string) {
  const { path } = await bundleFixture(name);
  const prints: string[] = [];
  const loading = ExecutorProcess.start({
    bundle: path,
    cwd: join(fixtures, name),
    env: process.env,
    memoryMiB: 500,
    onPrint: (line) => prints.push(line),
  });
  const error: unknown = await loading.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProjectLoadError)) throw new Error(`${name} did not fail as it should: ${error}`);
  return { failure: error.failure, message: error.message, prints };
}

describe("an executor whose project can't be loaded", () => {
  it("gives the error and its place when the config throws", async () => {
    const { failure } = await failureOfLoading("config-throws");
    expect(failure).toMatchObject({ name: "TypeError", message: "no database", stage: null });
    expect(failure.location).toMatchObject({
      file: join(fixtures, "config-throws/scenario.config.ts"),
      line: lineOf("config-throws/scenario.config.ts", "throws here"),
    });
  });

  it("says what a config must export", async () => {
    expect((await failureOfLoading("config-exports-nothing")).message).toMatch(
      /must export a project by default: `export default defineProject/,
    );
  });

  it("gives the exit code and the last words when the config ends the process", async () => {
    const { message, prints } = await failureOfLoading("config-exits");
    expect(message).toMatch(/ended the process while it was loaded \(code 7; last it printed: licence not found\)/);
    expect(prints).toEqual(["licence not found"]);
  });

  it("says so when the config waits for what never comes", async () => {
    expect((await failureOfLoading("config-never-ready")).message).toMatch(/a top-level `await` in it never settles/);
  });

  it("names the setting that is of the wrong kind", async () => {
    const { failure } = await failureOfLoading("config-unusable");
    expect(failure.name).toBe("ProjectDefinitionError");
    expect(failure.message).toMatch(/tracking\.uri/);
  });
});

it("an executor that is disposed of is gone", async () => {
  const { path } = await bundleFixture("misbehaving");
  const options = { bundle: path, cwd: join(fixtures, "misbehaving"), env: process.env, memoryMiB: 500 };
  const { executor, project } = await ExecutorProcess.start({ ...options, onPrint: () => {} });
  expect(project).toMatchObject({ name: "misbehaving", data: { className: "Behaviours", scenarioKey: ["behaviour"] } });
  const { pid } = executor;
  if (pid === undefined) throw new Error("the executor has no process");
  executor[Symbol.dispose]();
  await executor.exit;
  expect(await leftAfter([pid], 2000)).toEqual([]);
});
