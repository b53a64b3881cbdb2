import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines, scenario } from "./command-line.ts";
import { smallProject, type TestProject } from "./projects.ts";

describe("what is asked for but is not there", () => {
  let project: TestProject;
  const run = (...args: string[]) => scenario(args, { cwd: project.dir });
  beforeAll(async () => {
    project = await smallProject();
    await project.edit(
      "data.ts",
      "trainingMaster()",
      "predictionMaster() { return sql`select * exclude (visitors) replace (day + 40 as day) from rows where day < 3`; }\n  trainingMaster()",
    );
    expect((await run("train", "--all")).code).toBe(0);
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it("fails for the scenario of a prediction alone", async () => {
    const { code, stdout, stderr } = await run("predict", "--scenario", "shop=1", "shop=99", "--json");
    expect(code).toBe(1);
    expect(jsonLines(stdout)).toHaveLength(3);
    expect(stderr).toMatch(/1 x ScenarioNotFoundError[\s\S]*shop 99: no rows of the prediction master/);
  });

  it("is said when a condition holds for no row to predict", async () => {
    const { code, stderr } = await run("predict", "--where", "shop = 99");
    expect(code).toBe(2);
    expect(stderr).toContain('error: --where "shop = 99" holds for no row');
  });

  it("is said of a scenario without a name", async () => {
    const { code, stderr } = await run("train", "--scenario", "");
    expect(code).toBe(2);
    expect(stderr).toContain("--scenario names no scenario");
  });

  it("is said of a resumed run whose tracking place has changed", async () => {
    const elsewhere = { cwd: project.dir, env: { MLFLOW_EXPERIMENT_NAME: "another" } };
    const { code, stderr } = await scenario(["train", "--all", "--resume"], elsewhere);
    expect(code).toBe(2);
    expect(stderr).toMatch(/are in the experiment "[^"]+" in \.\/mlruns; now it would be "another"/);
  });

  it("is a setting that is mistyped", async () => {
    await project.edit("scenario.config.ts", "pipeline:", "pipline:");
    const { code, stderr } = await run("list");
    await project.edit("scenario.config.ts", "pipline:", "pipeline:");
    expect(code).toBe(2);
    expect(stderr).toContain("there is no `pipline`; there are name, data, pipeline");
  });
});

describe("a tracking server that can't be reached", () => {
  it("is told of, in the summary of --json too, and loses no run", async () => {
    await using project = await smallProject();
    const env = { MLFLOW_TRACKING_URI: "http://127.0.0.1:9", MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0" };
    const { code, stdout, stderr } = await scenario(["train", "--scenario", "shop=1", "--json"], {
      cwd: project.dir,
      env,
    });
    expect(code).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ summary: { succeeded: 1, pending: 1, refused: 0 } });
    expect(stderr).toContain("1 run waits in");
  });
});
