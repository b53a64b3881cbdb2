/**
 * What projects import: `import { defineProject, Data, Pipeline, parquet, sql } from "scenario-runner"`.
 */
export { Data, type Task } from "./data/data.ts";
export { DataDefinitionError } from "./data/data-errors.ts";
export { type DuckDbOptions, duckdb, type EngineSpec } from "./data/engines.ts";
export type { KeyValue, ScenarioId, ScenarioKey } from "./data/scenario.ts";
export { identifier, type SqlQuery, type SqlValue, sql } from "./data/sql.ts";
export { type CsvOptions, csv, parquet, query, type StreamSpec, table } from "./data/streams.ts";
export * from "./estimators/index.ts";
export { defaultRecipe, type RecipeInput } from "./features/default-recipe.ts";
export type { FeatureDefinition, FeatureRecipe } from "./features/recipe.ts";
export { synthesizeFeatures } from "./features/synthesize.ts";
export { knownRows, knownSeries, typicalStep } from "./features/timeline.ts";
export * from "./metrics/index.ts";
export type { ColumnRoles, ScenarioContext } from "./pipeline/context.ts";
export {
  type ChildRuns,
  defineProject,
  type Limits,
  type Project,
  type ProjectDefinition,
  ProjectDefinitionError,
  type TrackingSettings,
} from "./pipeline/define-project.ts";
export { Pipeline } from "./pipeline/pipeline.ts";
export type {
  DroppedFeature,
  Evaluation,
  Forecast,
  Predictions,
  PreparedData,
  RunContent,
  SelectedFeatures,
  Stage,
  TrainingStage,
  TunedModel,
} from "./pipeline/stages.ts";
export type { TrainedModel } from "./pipeline/trained-model.ts";
export {
  type CategoricalColumn,
  type Column,
  categorical,
  categoricalOf,
  type NumericColumn,
  type NumericType,
  numeric,
} from "./table/column.ts";
export { Table } from "./table/table.ts";
export { candidatesOf, gridSearch, type SearchSpace, type Trial } from "./tuning/grid-search.ts";
export { seededRandom } from "./tuning/random.ts";
export { type Split, type SplitShares, splitByTime, splitRandomly, TooFewRowsError } from "./tuning/split.ts";
