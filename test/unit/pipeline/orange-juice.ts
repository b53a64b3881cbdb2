import { join } from "node:path";
import { Data } from "../../../runner/data/data.ts";
import { describeData } from "../../../runner/data/description.ts";
import { splitScenarios } from "../../../runner/data/scenario-split.ts";
import { sql } from "../../../runner/data/sql.ts";
import { parquet } from "../../../runner/data/streams.ts";
import { createDuckDbEngine } from "../../../runner/engines/duckdb/engine.ts";
import type { ScenarioContext } from "../../../runner/pipeline/context.ts";
import { arrowFromIpc, tableFromArrow } from "../../../runner/table/arrow.ts";
import type { Table } from "../../../runner/table/table.ts";

class Sales extends Data {
  streams = { sales: parquet("data/sales.parquet") };
  scenarioKey = ["store", "brand"];
  override time = "week";
  target = "logmove";
  override horizon = 4;
  trainingMaster() {
    return sql`select * exclude (profit) from sales`;
  }
}

export interface RealScenario {
  readonly rows: Table;
  readonly context: ScenarioContext;
}

/** Scenarios of the sample project as the embedded engine hands them out. */
export async function orangeJuice(keys: readonly (readonly [store: number, brand: number])[]): Promise<RealScenario[]> {
  const data = describeData(new Sales());
  await using engine = createDuckDbEngine({
    data,
    projectDir: join(import.meta.dirname, "../../../samples/orange-juice"),
  });
  const scenarios: RealScenario[] = [];
  for await (const { ipc } of engine.batches({ scenarios: keys.map(([store, brand]) => ({ store, brand })) })) {
    const arrow = arrowFromIpc(ipc);
    const table = tableFromArrow(arrow);
    for (const { id, key, start, end } of splitScenarios(arrow, data.scenarioKey)) {
      const context = { scenario: { id, key }, columns: data, seed: 0, numThreads: 1, warn: () => {} };
      scenarios.push({ rows: table.slice(start, end), context });
    }
  }
  return scenarios;
}
