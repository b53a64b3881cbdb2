import { Data } from "../data/data.ts";
import { duckdb, type EngineSpec } from "../data/engines.ts";
import { Pipeline } from "./pipeline.ts";

/** What `scenario.config.ts` gives to {@link defineProject}. */
export interface ProjectDefinition {
  /** Name of the project; also the default MLflow experiment. */
  readonly name: string;
  /** Your data class. */
  readonly data: new () => Data;
  /** Your pipeline class; the defaults when left out. */
  readonly pipeline?: new () => Pipeline;
  /** What computes the master table; embedded DuckDB when left out. */
  readonly engine?: EngineSpec;
  readonly tracking?: TrackingSettings;
  /** All randomness comes from this number; 0 when left out. */
  readonly seed?: number;
  readonly limits?: Limits;
}

export interface TrackingSettings {
  /** Folder, `http(s)://`, `databricks` or `databricks://PROFILE`. `MLFLOW_TRACKING_URI` when left out, else `./mlruns`. */
  readonly uri?: string;
  /** MLflow experiment; the project's name when left out. On Databricks `demand` is `/Users/<you>/demand`. */
  readonly experiment?: string;
  /**
   * Which scenarios of `train --all` get an MLflow run of their own; "all" when left out. The parent run's results table
   * has every scenario in any case. MLflow's own tools get slow beyond some thousand runs.
   */
  readonly childRuns?: ChildRuns;
}

export const childRunPolicies = ["all", "failed", "none"] as const;
export type ChildRuns = (typeof childRunPolicies)[number];

/** The wall around a scenario. */
export interface Limits {
  /** Longest time one scenario may take, in seconds; 600 when left out. */
  readonly timeoutSeconds?: number;
  /** Most memory an executor may hold, in MiB; an equal share of three quarters of the machine when left out. */
  readonly memoryMiB?: number;
}

/** A project as the executor hosts it. */
export interface Project {
  readonly name: string;
  readonly data: Data;
  readonly pipeline: Pipeline;
  readonly engine: EngineSpec;
  readonly tracking: TrackingSettings;
  readonly seed: number;
  readonly limits: Limits;
}

export class ProjectDefinitionError extends Error {
  override readonly name = "ProjectDefinitionError";
}

/**
 * Declares a project; the default export of `scenario.config.ts`.
 *
 * @example
 * export default defineProject({ name: "demand", data: SalesData, pipeline: DemandPipeline });
 * @throws ProjectDefinitionError when a field is missing or of the wrong kind.
 */
export function defineProject(definition: ProjectDefinition): Project {
  refuseUnknown("", definition, ["name", "data", "pipeline", "engine", "tracking", "seed", "limits"]);
  const { name, data, pipeline = Pipeline, engine = duckdb(), tracking = {}, seed = 0, limits = {} } = definition;
  if (typeof name !== "string" || name.trim() === "") fail("`name` must be a text that is not empty");
  if (typeof data !== "function") fail("`data` must be a class that extends Data, such as `data: SalesData`");
  if (typeof pipeline !== "function") fail("`pipeline` must be a class that extends Pipeline");
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    fail("`seed` must be a whole number from 0 to 4294967295");
  }
  if (engine?.kind !== "duckdb") fail("`engine` must be `duckdb()`");
  refuseUnknown("engine.", engine.options ?? {}, ["memoryLimit", "threads", "database"]);
  refuseUnknown("tracking.", tracking, ["uri", "experiment", "childRuns"]);
  refuseUnknown("limits.", limits, ["timeoutSeconds", "memoryMiB"]);
  const { childRuns = "all" } = tracking;
  if (!childRunPolicies.includes(childRuns)) fail('`tracking.childRuns` must be "all", "failed" or "none"');
  for (const [limit, value] of Object.entries(limits)) {
    if (!Number.isFinite(value) || value <= 0) fail(`\`limits.${limit}\` must be a finite number above 0`);
  }
  const rows = new data();
  if (!(rows instanceof Data)) fail(`\`data\`: ${data.name || "the class"} does not extend Data`);
  const instance = new pipeline();
  if (!(instance instanceof Pipeline)) fail(`\`pipeline\`: ${pipeline.name} does not extend Pipeline`);
  return { name, data: rows, pipeline: instance, engine, tracking, seed, limits };
}

/** A name that is mistyped would be silently ignored. */
function refuseUnknown(path: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) fail(`there is no \`${path}${unknown}\`; there are ${known.join(", ")}`);
}

function fail(message: string): never {
  throw new ProjectDefinitionError(`defineProject: ${message}`);
}
