import { truncate } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { jsonLines, scenario, trainOutput } from "./command-line.ts";
import { journalState, type ProjectSetup, smallProject, writeCsv, writeParquet } from "./projects.ts";

interface Case {
  readonly what: string;
  readonly setup: ProjectSetup;
  /** Everything that the message must name. */
  readonly says: readonly string[];
}

const cases: Case[] = [
  {
    what: "an empty master table",
    setup: { data: { training: "select * from rows where shop = 99" } },
    says: ["ProjectData.trainingMaster() has no rows"],
  },
  {
    what: "a key that is missing everywhere",
    setup: { data: { training: "select * replace (null::int as shop) from rows" } },
    says: ["240 rows", "shop"],
  },
  {
    what: "a file that is not there",
    setup: { data: { streams: `{ rows: parquet("data/none.parquet") }` } },
    says: [`stream "rows"`, "data/none.parquet"],
  },
  {
    what: "a pattern without files",
    setup: { data: { streams: `{ rows: parquet("data/none-*.parquet") }` } },
    says: [`stream "rows"`, "data/none-*.parquet"],
  },
  {
    what: "a wrong stream name",
    setup: { data: { training: "select * from sales" } },
    says: [`"sales", which is not a stream; the streams are rows`, "trainingMaster()"],
  },
  {
    what: "a wrong column name",
    setup: { data: { training: "select shop, dya from rows" } },
    says: ["dya", "trainingMaster()", "line 1"],
  },
  {
    what: "SQL that can't be parsed",
    setup: { data: { training: "select * form rows" } },
    says: ["trainingMaster()", "line 1"],
  },
  {
    what: "a key that is no column",
    setup: { data: { scenarioKey: `["store"]` } },
    says: [`no column "store"`, "ProjectData.scenarioKey", "shop, day"],
  },
  {
    what: "a target that is no column",
    setup: { data: { target: `"Visitors"` } },
    says: [`no column "Visitors"`, `it has "visitors"`],
  },
  {
    what: "a time that is no column",
    setup: { data: { time: `"week"` } },
    says: [`no column "week"`, "ProjectData.time"],
  },
  {
    what: "a time that is text",
    setup: { data: { training: "select * replace ('day ' || day as day) from rows" } },
    says: [`"day", which is VARCHAR`, "cast it"],
  },
  {
    what: "a list",
    setup: { data: { training: "select *, [1, 2] as tags from rows" } },
    says: [`"tags"`, "INTEGER[]", "unnest"],
  },
  {
    what: "a struct",
    setup: { data: { training: "select *, {'a': 1} as place from rows" } },
    says: [`"place"`, "STRUCT"],
  },
  {
    what: "a target of text that should be a number",
    setup: { data: { training: "select *, 'x' as label from rows", target: `"label"`, task: `"regression" as const` } },
    says: [],
  },
];

describe("data that can't be used", () => {
  it.each(cases.slice(0, -1))("refuses $what before any training", async ({ setup, says }) => {
    await using project = await smallProject(setup);
    const { code, stdout, stderr } = await scenario(["train", "--all", "--json"], { cwd: project.dir });
    expect(stderr).toMatch(/^error: /);
    for (const text of says) expect(stderr).toContain(text);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect((await journalState(project)).size).toBe(0);
  });

  it("names the file of a stream that is cut off", async () => {
    await using project = await smallProject();
    await truncate(project.path("data", "rows.parquet"), 1000);
    const { code, stderr } = await scenario(["train", "--all"], { cwd: project.dir });
    expect(stderr).toMatch(/^error: stream "rows": /);
    expect(stderr).toContain(project.path("data", "rows.parquet"));
    expect(code).toBe(2);
  });

  it("names the column and the files where a type changes between them", async () => {
    await using project = await smallProject({ data: { streams: `{ rows: parquet("data/part-*.parquet") }` } });
    await writeParquet(project.path("data", "part-1.parquet"), "select 1 as shop, 2 as day, 3 as visitors");
    await writeParquet(project.path("data", "part-2.parquet"), "select 1 as shop, 3 as day, 'three' as visitors");
    const { code, stderr } = await scenario(["list"], { cwd: project.dir });
    expect(stderr).toContain(
      `stream "rows": column "visitors" is INTEGER in ${project.path("data", "part-1.parquet")} but VARCHAR in ${project.path("data", "part-2.parquet")}`,
    );
    expect(code).toBe(2);
  });

  it("fails each scenario of a text target that should be a number", async () => {
    await using project = await smallProject(cases[cases.length - 1].setup);
    const { code, stdout } = await scenario(["train", "--all", "--json"], { cwd: project.dir });
    expect(code).toBe(1);
    const { scenarios } = trainOutput(stdout);
    expect(scenarios).toHaveLength(6);
    expect(scenarios[0].error).toMatchObject({ name: "TargetError", stage: "prepareData" });
    expect(scenarios[0].error?.message).toContain(`the target "label" holds`);
  });

  it("leaves rows without a key out and says so, in text and with --json", async () => {
    const training = "select * replace (case when shop = 6 or day = 0 then null else shop end as shop) from rows";
    await using project = await smallProject({ data: { training } });
    for (const args of [["--json"], []]) {
      const { code, stdout, stderr } = await scenario(["train", "--all", ...args], { cwd: project.dir });
      expect(code).toBe(0);
      expect(stderr).toContain("warning: 45 rows belong to no scenario: a key column is missing in them");
      if (args.length > 0) expect(trainOutput(stdout).scenarios).toHaveLength(5);
    }
    const listed = await scenario(["list", "--json"], { cwd: project.dir });
    expect(jsonLines(listed.stdout)).toHaveLength(5);
    expect(listed.stderr).toContain("45 rows belong to no scenario");
  });

  it("has no prediction master, or nothing trained", async () => {
    await using project = await smallProject();
    const untrained = await scenario(["predict"], { cwd: project.dir });
    expect(untrained.code).toBe(2);
    expect(untrained.stderr).toMatch(/^error: .*(no scenario has a model yet|no predictionMaster)/);
    await scenario(["train", "--scenario", "shop=1"], { cwd: project.dir });
    const without = await scenario(["predict"], { cwd: project.dir });
    expect(without.code).toBe(2);
    expect(without.stderr).toContain("ProjectData has no predictionMaster()");
  });

  it("reads a CSV file in another form", async () => {
    await using project = await smallProject({
      data: { streams: `{ rows: csv("data/rows.csv", { delimiter: ";", decimalSeparator: "," }) }` },
    });
    await writeCsv(
      project.path("data", "plain.csv"),
      "select 1 as shop, day, day + 0.5 as visitors from range(40) d(day)",
    );
    await project.write(
      "data/rows.csv",
      ["shop;day;visitors", ...Array.from({ length: 40 }, (_, day) => `1;${day};${day},5`)].join("\n"),
    );
    const { code, stdout } = await scenario(["train", "--all", "--json"], { cwd: project.dir });
    expect(code).toBe(0);
    expect(trainOutput(stdout).scenarios[0].metrics.mae).toBeLessThan(5);
  });
});
