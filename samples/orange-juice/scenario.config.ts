import { defineProject, duckdb } from "scenario-runner";
import { SalesData } from "./data.ts";
import { DemandPipeline } from "./pipeline.ts";

export default defineProject({
  name: "orange-juice",
  data: SalesData,
  pipeline: DemandPipeline,
  engine: duckdb(),
  tracking: { uri: "./mlruns", experiment: "orange-juice" },
});
