import {
  Data,
  defineProject,
  makePipeline,
  Pipeline,
  parquet,
  RidgeRegressor,
  SimpleImputer,
  StandardScaler,
  sql,
} from "scenario-runner";

/** 100,000 scenarios of 60 weeks, made by `../../many-scenarios.ts`. */
class ManySeries extends Data {
  streams = { series: parquet("../../../artifacts/many-scenarios/series.parquet") };
  scenarioKey = "series";
  override time = "week";
  target = "sales";
  trainingMaster() {
    return sql`select * from series`;
  }
}

class Ridge extends Pipeline {
  override searchSpace() {
    return {};
  }
  override makePipeline() {
    return makePipeline(new SimpleImputer(), new StandardScaler(), new RidgeRegressor());
  }
}

export default defineProject({
  name: "many-scenarios",
  data: ManySeries,
  pipeline: Ridge,
  // A run is some sixty files, so a hundred thousand of them are six million; the results table has all scenarios.
  tracking: { childRuns: process.env.BENCH_CHILD_RUNS === "all" ? "all" : "none" },
});
