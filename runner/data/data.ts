import type { SqlQuery } from "./sql.ts";
import type { StreamSpec } from "./streams.ts";

/** What is predicted: a number, one of two classes, or one of several. */
export type Task = "regression" | "binary" | "multiclass";

/**
 * The data of a project: named streams, and the SQL that joins them into the master table, whose rows are split into
 * scenarios by the key. Declares only; constructing it and composing SQL runs nothing.
 *
 * @example
 * class SalesData extends Data {
 *   streams = { sales: parquet("data/sales.parquet"), stores: csv("data/stores.csv") };
 *   scenarioKey = ["store", "brand"];
 *   time = "week";
 *   target = "logmove";
 *   horizon = 4;
 *   trainingMaster() {
 *     return sql`select * from sales join stores using (store)`;
 *   }
 * }
 */
export abstract class Data {
  /** The sources, by the name that the master's SQL uses. */
  abstract readonly streams: Readonly<Record<string, StreamSpec>>;
  /** Columns of the master table whose values make a scenario. */
  abstract readonly scenarioKey: string | readonly string[];
  /** The column that orders a scenario's rows: integer, date or timestamp. Leave it out where rows have no order. */
  readonly time?: string;
  /** The column to predict. */
  abstract readonly target: string;
  /** How many time steps ahead a prediction is made; a row's features may use targets that are at least so old. */
  readonly horizon: number = 1;
  /** What is predicted. Left out: by the target's type. */
  readonly task?: Task;
  /**
   * The distance between two rows in time: in units of an integer `time`, in days for dates, in milliseconds for
   * timestamps. Left out: the median difference in the scenario.
   */
  readonly step?: number;
  /** How many steps make a season: the naive forecast that models are measured against repeats the last known one. */
  readonly seasonLength: number = 1;

  /** The rows to learn from: key, time, target and everything else as columns. */
  abstract trainingMaster(): SqlQuery;
  /** The rows to predict, with the same columns; the target may be absent. Left out: nothing to predict. */
  predictionMaster?(): SqlQuery;
}
