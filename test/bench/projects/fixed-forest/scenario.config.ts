import { csv, Data, defineProject, Pipeline, parquet, sql } from "scenario-runner";

/** The rows of the sample project without what is known only after the week. */
class OrangeJuice extends Data {
  streams = {
    sales: parquet("../../../../samples/orange-juice/data/sales.parquet"),
    stores: csv("../../../../samples/orange-juice/data/stores.csv"),
  };
  scenarioKey = ["store", "brand"];
  override time = "week";
  target = "logmove";
  override horizon = 4;
  trainingMaster() {
    return sql`select * exclude (profit) from sales join stores using (store)`;
  }
}

/** The default pipeline with one candidate, so that a peer can do the same work: see `../../peers/end_to_end.py`. */
class FixedForest extends Pipeline {
  override searchSpace() {
    return { nEstimators: [100], maxFeatures: ["third"], minSamplesLeaf: [1] };
  }
  override kpis(actual: Float64Array, predicted: Float64Array) {
    let [error, units] = [0, 0];
    for (let row = 0; row < actual.length; row++) {
      error += Math.abs(Math.exp(actual[row]) - Math.exp(predicted[row]));
      units += Math.exp(actual[row]);
    }
    return { wape_units: error / units };
  }
}

export default defineProject({
  name: "fixed-forest",
  data: OrangeJuice,
  pipeline: FixedForest,
  // `../../tracking.ts` measures what the scenarios' own runs cost.
  tracking: { childRuns: process.env.BENCH_CHILD_RUNS === "none" ? "none" : "all" },
});
