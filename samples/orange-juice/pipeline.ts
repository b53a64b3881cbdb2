import { Pipeline, type ScenarioContext, type Table } from "scenario-runner";

/** What the two sides of a wrong forecast cost, in dollars per unit. */
const costs = { unsold: 0.35, stockOut: 1.1 };

export class DemandPipeline extends Pipeline {
  /** The own price is one of eleven columns, another one for each brand: give it a name of its own. */
  override addFeatures(rows: Table, context: ScenarioContext) {
    return rows.with({ own_price: rows.get(`price${context.scenario.key.brand}`) });
  }

  /** Units, not logarithms, are what the shop pays for. */
  override kpis(actual: Float64Array, predicted: Float64Array) {
    let stockOutCost = 0;
    let unsoldCost = 0;
    let missed = 0;
    let sold = 0;
    for (let week = 0; week < actual.length; week++) {
      const units = Math.exp(actual[week]);
      const short = units - Math.exp(predicted[week]);
      if (short > 0) stockOutCost += short * costs.stockOut;
      else unsoldCost -= short * costs.unsold;
      missed += Math.abs(short);
      sold += units;
    }
    return { stock_out_cost: stockOutCost, unsold_cost: unsoldCost, units_wape: missed / sold };
  }
}
