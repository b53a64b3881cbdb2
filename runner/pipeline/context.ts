import type { DataDescription } from "../data/description.ts";
import type { ScenarioId, ScenarioKey } from "../data/scenario.ts";

/** The roles of the master table's columns, as the data class declares them. */
export type ColumnRoles = Pick<
  DataDescription,
  "scenarioKey" | "time" | "target" | "horizon" | "step" | "seasonLength" | "task"
>;

/** What every stage knows besides the previous stage's output. The same for a clicked, a debugged and a clustered run. */
export interface ScenarioContext {
  readonly scenario: { readonly id: ScenarioId; readonly key: ScenarioKey };
  readonly columns: ColumnRoles;
  /** All randomness of a run comes from this number. */
  readonly seed: number;
  /** Threads one fit may use. */
  readonly numThreads: number;
  /** Adds a sentence to the result, for what a person should know though nothing failed. */
  readonly warn: (message: string) => void;
}
