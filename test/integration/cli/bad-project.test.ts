import { describe, expect, it } from "vitest";
import { scenario } from "./command-line.ts";
import { smallProject } from "./projects.ts";

const CONFIG = "scenario.config.ts";
const head = `import { defineProject } from "scenario-runner";
import { ProjectData } from "./data.ts";
`;

describe("a config that can't be used", () => {
  it.each([
    { what: "throws", config: `${head}\nthrow new Error("no licence");\n`, place: `${CONFIG}:4:7`, says: "no licence" },
    { what: "throws no error", config: `${head}throw "text";\n`, place: CONFIG, says: "text" },
    {
      what: "exports nothing",
      config: `${head}defineProject({ name: "x", data: ProjectData });\n`,
      place: CONFIG,
      says: "export default defineProject",
    },
    {
      what: "exports something else",
      config: "export default 5;\n",
      place: CONFIG,
      says: "export default defineProject",
    },
    {
      what: "has a syntax error",
      config: `${head}export default defineProject({ name: });\n`,
      place: `${CONFIG}:3:38`,
      says: "Unexpected",
    },
    {
      what: "imports what is missing",
      config: `${head}import { x } from "./missing.ts";\nexport default x;\n`,
      place: `${CONFIG}:3:19`,
      says: "./missing.ts",
    },
    {
      what: "imports a missing package",
      config: `${head}import x from "no-such-package";\nexport default x;\n`,
      place: `${CONFIG}:3:15`,
      says: "no-such-package",
    },
    {
      what: "imports a name that is not there",
      config: `${head}import { Missing } from "./data.ts";\nexport default Missing;\n`,
      place: `${CONFIG}:3:10`,
      says: "Missing",
    },
    {
      what: "has no name",
      config: `${head}export default defineProject({ name: "", data: ProjectData });\n`,
      place: `${CONFIG}:3:16`,
      says: "`name` must be a text",
    },
    {
      what: "has an object for data",
      config: `${head}export default defineProject({ name: "x", data: new ProjectData() } as never);\n`,
      place: `${CONFIG}:3:16`,
      says: "`data` must be a class",
    },
    {
      what: "has no time",
      config: `${head}export default defineProject({ name: "x", data: ProjectData, limits: { timeoutSeconds: 0 } });\n`,
      place: `${CONFIG}:3:16`,
      says: "limits.timeoutSeconds",
    },
    {
      what: "ends the process",
      config: `${head}console.log("so long");\nprocess.exit(7);\n`,
      place: CONFIG,
      says: "code 7",
    },
    {
      what: "waits for ever",
      config: `${head}await new Promise(() => {});\n`,
      place: CONFIG,
      says: "ended the process",
    },
  ])("is refused with its place where it $what", async ({ config, place, says }) => {
    await using project = await smallProject({ files: { [CONFIG]: config } });
    const { code, stdout, stderr } = await scenario(["train", "--all"], { cwd: project.dir });
    expect(stderr).toContain(says);
    expect(stderr).toContain(`error: ${project.path(place)}: `);
    expect(stderr).not.toContain("internal error");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it.each([
    { what: "no target", data: { target: "5 as never" }, says: "ProjectData.target must be a column's name" },
    {
      what: "a stream of the wrong kind",
      data: { streams: `{ rows: "data/rows.parquet" as never }` },
      says: "ProjectData.streams.rows must be made by parquet",
    },
    {
      what: "a key that is the target",
      data: { scenarioKey: `"visitors"` },
      says: `ProjectData.target "visitors" is part of the scenario key`,
    },
    { what: "no horizon", data: { horizon: "0" }, says: "ProjectData.horizon must be 1 or more" },
  ])("is refused with the name of the field where the data class has $what", async ({ data, says }) => {
    await using project = await smallProject({ data });
    const { code, stderr } = await scenario(["list"], { cwd: project.dir });
    expect(stderr).toContain(`error: ${project.path(CONFIG)}: DataDefinitionError: ${says}`);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
  });

  it("is refused with the place in the file that the config imports", async () => {
    await using project = await smallProject({
      files: { "lib/prices.ts": "const prices = null as unknown as number[];\nexport const first = prices[0];\n" },
    });
    await project.edit("pipeline.ts", `import {`, `import "./lib/prices.ts";\nimport {`);
    const { code, stderr } = await scenario(["list"], { cwd: project.dir });
    expect(stderr).toContain(
      `error: ${project.path("lib", "prices.ts")}:2:22: TypeError: Cannot read properties of null`,
    );
    expect(code).toBe(2);
  });
});
