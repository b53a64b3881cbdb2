import { describe, expect, it } from "vitest";
import { jsonLines, scenario, trainOutput } from "./command-line.ts";
import { smallProject } from "./projects.ts";

/** Two shops, 120 visits each; what is bought follows from age and hour. */
const visits = `
  select shop, visit, 20 + visit * 7 % 50 as age, visit * 5 % 24 as hour,
    case when visit * 7 % 50 > 25 then 'yes' else 'no' end as bought,
    case when visit * 7 % 50 > 33 then 'juice' when visit * 5 % 24 > 12 then 'tea, green' else 'none' end as choice,
    visit * 7 % 50 > 25 as is_member
  from range(1, 3) s(shop), range(120) v(visit)`;
const noTime = { time: "", horizon: "" };
const forest = `import { Pipeline } from "scenario-runner";
export class ProjectPipeline extends Pipeline {
  override searchSpace() { return { nEstimators: [20] }; }
}
`;

describe("classification", () => {
  it.each([
    { target: "bought", task: "binary", labels: ["no", "yes"], leaves: "choice, is_member" },
    { target: "is_member", task: "binary", labels: ["false", "true"], leaves: "choice, bought" },
    { target: "choice", task: "multiclass", labels: ["juice", "none", "tea, green"], leaves: "bought, is_member" },
  ])(
    "of $target: trained without a time, measured and predicted with probabilities",
    async ({ target, task, labels, leaves }) => {
      await using project = await smallProject({
        rows: visits,
        pipeline: forest,
        data: {
          ...noTime,
          target: `"${target}"`,
          training: `select * exclude (${leaves}, visit) from rows`,
          prediction: `select shop, age, hour from rows where visit < 10`,
        },
      });
      const trained = await scenario(["train", "--all", "--json"], { cwd: project.dir });
      expect(trained.code).toBe(0);
      const { scenarios } = trainOutput(trained.stdout);
      for (const { metrics, params } of scenarios) {
        expect(params.task).toBe(task);
        expect(metrics.accuracy).toBeGreaterThan(0.8);
        expect(metrics.roc_auc).toBeGreaterThan(0.85);
        expect(metrics.log_loss_vs_baseline).toBeGreaterThan(0);
        expect(metrics.f1).toBeGreaterThan(0.7);
      }
      const predicted = await scenario(["predict", "--json"], { cwd: project.dir });
      const rows = jsonLines(predicted.stdout) as Record<string, unknown>[];
      expect(rows).toHaveLength(20);
      for (const row of rows) {
        expect(Object.keys(row)).toEqual(["shop", "prediction", ...labels.map((label) => `probability_${label}`)]);
        const shares = labels.map((label) => Number(row[`probability_${label}`]));
        expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 9);
        expect(row.prediction).toBe(labels[shares.indexOf(Math.max(...shares))]);
      }
    },
  );
});

describe("keys of every type", () => {
  const names = ["Zürich West", "A/B, C=D", "50% 'off'", 'a"b', " x ", "日本"];
  const values = names.map((name, index) => `(${index}, '${name.replaceAll("'", "''")}')`).join(", ");
  const rows = `
    select (9007199254740993 + i)::bigint as big, (i + 0.5)::decimal(10, 2) as price, date '2025-01-31' + i::int as opened,
      timestamptz '2025-01-01 12:00:00.5+01' as seen, i % 2 = 0 as open, name, t as day, sin(t) + i as y
    from (values ${values}) names(i, name), range(30) r(t)`;

  it("are listed, trained by name and kept exactly in predictions", async () => {
    await using project = await smallProject({
      rows,
      data: {
        scenarioKey: `["big", "price", "opened", "seen", "open", "name"]`,
        target: `"y"`,
        prediction: "select * exclude (y) replace (day + 1 as day) from rows where day = 29",
      },
    });
    const listed = jsonLines((await scenario(["list", "--json"], { cwd: project.dir })).stdout) as {
      id: string;
      scenario: Record<string, unknown>;
    }[];
    expect(listed.map(({ scenario: key }) => key.name).sort()).toEqual([...names].sort());
    expect(listed.find(({ scenario: key }) => key.name === "A/B, C=D")?.scenario).toEqual({
      big: "9007199254740994",
      price: "1.5",
      opened: "2025-02-01",
      seen: "2025-01-01T11:00:00.500Z",
      open: false,
      name: "A/B, C=D",
    });
    const ids = listed.flatMap(({ id }) => ["--scenario", id]);
    const trained = await scenario(["train", "--json", ...ids], { cwd: project.dir });
    expect(trained.stderr).toBe("");
    const { scenarios } = trainOutput(trained.stdout);
    expect(scenarios.map(({ status }) => status)).toEqual(names.map(() => "succeeded"));
    expect(scenarios.map(({ scenario: key }) => key)).toEqual(
      expect.arrayContaining(listed.map(({ scenario: key }) => key)),
    );
    const predicted = await scenario(["predict", "--json"], { cwd: project.dir });
    expect(predicted.code).toBe(0);
    const rowsOut = jsonLines(predicted.stdout) as Record<string, unknown>[];
    expect(rowsOut.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(rowsOut.map(({ big }) => String(big)).sort()).toEqual(
      listed.map(({ scenario: key }) => String(key.big)).sort(),
    );
  });
});

describe("time stamps", () => {
  it("with zones order the rows, and predictions say when in UTC", async () => {
    await using project = await smallProject({
      rows: "select 1 as shop, timestamptz '2025-03-29 00:00:00+01' + interval (h) hour as day, sin(h / 4.0) as visitors from range(60) r(h)",
      data: {
        prediction: "select shop, day + interval 1 hour as day from rows order by day desc limit 1",
        training: "select * from rows order by random()",
      },
    });
    const { code, stdout, stderr } = await scenario(["train", "--all", "--json"], { cwd: project.dir });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(trainOutput(stdout).scenarios[0].warnings).toEqual([]);
    const [forecast] = jsonLines((await scenario(["predict", "--json"], { cwd: project.dir })).stdout) as {
      day: string;
    }[];
    expect(new Date(forecast.day).toISOString()).toBe("2025-03-31T11:00:00.000Z");
  });
});

describe("pipelines of other parts", () => {
  it.each([
    [
      "PCA and ridge",
      "new SimpleImputer(), new OneHotEncoder(), new StandardScaler(), new PCA({ nComponents: 2 }), new RidgeRegressor()",
    ],
    ["ml-random-forest", "new SimpleImputer(), new OneHotEncoder(), new MlRandomForestRegressor({ nEstimators: 10 })"],
  ])("train and predict by %s", async (_name, steps) => {
    await using project = await smallProject({
      pipeline: `import { makePipeline, MlRandomForestRegressor, OneHotEncoder, PCA, Pipeline, RidgeRegressor, SimpleImputer, StandardScaler } from "scenario-runner";
export class ProjectPipeline extends Pipeline {
  override searchSpace() { return {}; }
  override makePipeline() { return makePipeline(${steps}); }
}
void [MlRandomForestRegressor, PCA, RidgeRegressor, StandardScaler];
`,
      data: { prediction: "select * exclude (visitors) replace (day + 1 as day) from rows where day = 39" },
    });
    const trained = await scenario(["train", "--all", "--json"], { cwd: project.dir });
    expect(trained.code).toBe(0);
    const predicted = await scenario(["predict", "--json"], { cwd: project.dir });
    const rows = jsonLines(predicted.stdout) as { shop: number; prediction: number }[];
    expect(rows).toHaveLength(6);
    for (const { shop, prediction } of rows) expect(Math.abs(prediction - 100 * shop)).toBeLessThan(25);
  });
});
