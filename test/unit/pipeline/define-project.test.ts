import { describe, expect, it } from "vitest";
import { Data } from "../../../runner/data/data.ts";
import { sql } from "../../../runner/data/sql.ts";
import { csv } from "../../../runner/data/streams.ts";
import {
  defineProject,
  type ProjectDefinition,
  ProjectDefinitionError,
} from "../../../runner/pipeline/define-project.ts";
import { Pipeline } from "../../../runner/pipeline/pipeline.ts";

class Rows extends Data {
  streams = { rows: csv("rows.csv") };
  scenarioKey = "key";
  target = "sales";
  trainingMaster() {
    return sql`select * from rows`;
  }
}

describe("defineProject", () => {
  it("needs a name and data only", () => {
    const project = defineProject({ name: "demand", data: Rows });
    expect(project).toMatchObject({ name: "demand", engine: { kind: "duckdb" }, tracking: {}, seed: 0, limits: {} });
    expect(project.data).toBeInstanceOf(Rows);
    expect(project.pipeline).toBeInstanceOf(Pipeline);
  });

  it.each([
    ["no name", { name: "  " }, /`name`/],
    ["data that is no class", { data: {} }, /`data` must be a class/],
    ["a pipeline of another kind", { pipeline: Rows }, /Rows does not extend Pipeline/],
    ["a seed with a fraction", { seed: 0.5 }, /`seed` must be a whole number from 0/],
    ["a seed below 0", { seed: -1 }, /`seed` must be a whole number from 0/],
    ["a seed that forests do not take", { seed: 2 ** 32 }, /`seed` must be a whole number from 0/],
    ["a time limit of 0", { limits: { timeoutSeconds: 0 } }, /`limits.timeoutSeconds` must be a finite number above 0/],
    ["a time limit without end", { limits: { timeoutSeconds: Number.POSITIVE_INFINITY } }, /must be a finite number/],
    ["a memory limit in words", { limits: { memoryMiB: "2 GB" } }, /`limits.memoryMiB`/],
    [
      "a limit that there is not",
      { limits: { timeoutMs: 100 } },
      /no `limits.timeoutMs`; there are timeoutSeconds, memoryMiB/,
    ],
    ["a mistyped setting", { pipline: class {} }, /no `pipline`; there are name, data, pipeline/],
    ["a mistyped tracking setting", { tracking: { url: "x" } }, /no `tracking.url`/],
    ["a mistyped engine option", { engine: { kind: "duckdb", options: { memory: 3 } } }, /no `engine.memory`/],
    ["an engine that there is not", { engine: { kind: "oracle" } }, /`engine` must be `duckdb\(\)`/],
    ["data that is no Data", { data: class Plain {} }, /Plain does not extend Data/],
  ])("refuses %s", (_, change, message) => {
    const definition = { name: "demand", data: Rows, ...change } as unknown as ProjectDefinition;
    expect(() => defineProject(definition)).toThrow(ProjectDefinitionError);
    expect(() => defineProject(definition)).toThrow(message);
  });
});
