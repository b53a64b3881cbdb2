import { csv, Data, parquet, sql } from "scenario-runner";

/** Weekly sales of eleven orange juices in 83 stores, with what is known of each store. See data/NOTICE.md. */
export class SalesData extends Data {
  override streams = { sales: parquet("data/sales.parquet"), stores: csv("data/stores.csv") };
  override scenarioKey = ["store", "brand"];
  override time = "week";
  override target = "logmove";
  override horizon = 4;

  /** Profit is known only when the week is over, so no forecast may use it. */
  override trainingMaster() {
    return sql`select * exclude (profit) from sales join stores using (store)`;
  }

  /** The plan for the four weeks to come: the prices and promotions of the last four weeks again. */
  override predictionMaster() {
    return sql`
      select * exclude (profit, logmove) replace (week + 4 as week)
      from sales join stores using (store)
      where week > (select max(week) - 4 from sales)`;
  }
}
