import * as z from "zod/mini";
import type { Task } from "../data/data.ts";
import type { Estimator, Params, Restorable, Transformer } from "../estimators/estimator.ts";
import { decodeModel, encodeModel, ModelFileError } from "../estimators/model-file.ts";
import { restoreEstimator, saveEstimator } from "../estimators/registry.ts";
import { StateReader } from "../estimators/state.ts";
import { type FeatureRecipe, featureRecipeSchema, memoryOf } from "../features/recipe.ts";
import type { NumericType } from "../table/column.ts";
import type { Table } from "../table/table.ts";
import type { Evaluation } from "./stages.ts";

/** Everything that a prediction needs besides the rows to be predicted. */
export interface TrainedModel {
  /** The scenario it was trained on. */
  readonly scenario: string;
  readonly task: Task;
  readonly classes: readonly string[];
  /** How the features below are made. */
  readonly recipe: FeatureRecipe;
  /** What the numbers of the time column mean; `null` without a time. */
  readonly timeType: NumericType | null;
  /** The features that the estimator takes, in its order. */
  readonly features: readonly string[];
  readonly params: Params;
  readonly estimator: Estimator;
  /** The end of the target's series: as much as the recipe's lags can reach. Empty without a time. */
  readonly history: { readonly times: Float64Array; readonly target: Float64Array };
}

/** What of an evaluation has to be kept to predict. */
export function trainedModel(scenario: string, evaluation: Evaluation): TrainedModel {
  const { task, classes, features, params, model, rows, target } = evaluation;
  // What was dropped need not be made again: rows to be predicted may lack its columns.
  const recipe = {
    ...evaluation.recipe,
    features: evaluation.recipe.features.filter(({ name }) => features.has(name)),
  };
  const time = recipe.time === null ? null : rows.get(recipe.time);
  return {
    scenario,
    task,
    classes,
    recipe,
    timeType: time?.kind === "numeric" ? time.type : null,
    features: features.names,
    params,
    estimator: model,
    history: tail(recipe, rows, target),
  };
}

function tail(recipe: FeatureRecipe, rows: Table, target: Float64Array): TrainedModel["history"] {
  if (recipe.time === null) return { times: new Float64Array(), target: new Float64Array() };
  const times = rows.numbers(recipe.time);
  // A row right after the last one knows nothing of the last `horizon` steps: the lags start before those.
  const end = times[times.length - 1] - (recipe.horizon + 1) * recipe.step;
  let start = times.length;
  while (start > 0 && times[start - 1] >= end) start--;
  start = Math.max(0, start - Math.max(memoryOf(recipe), 1));
  return { times: times.slice(start), target: target.slice(start) };
}

const tasks = z.enum(["regression", "binary", "multiclass"]);
const headerSchema = z.object({
  scenario: z.string(),
  task: tasks,
  classes: z.array(z.string()),
  recipe: featureRecipeSchema,
  timeType: z.nullable(z.enum(["float", "integer", "boolean", "date", "timestamp"])),
  features: z.array(z.string()),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

/** The model file's bytes. */
export function encodeTrainedModel(model: TrainedModel): Uint8Array {
  const { estimator, history, ...header } = model;
  return encodeModel({
    // Round trip through JSON: the header is made of plain JSON values only.
    header: JSON.stringify(header),
    estimator: saveEstimator(estimator),
    times: history.times,
    target: history.target,
  });
}

/**
 * @param classes the project's own estimator and transformer classes, besides the built-in ones.
 * @throws ModelFileError when the bytes are no model file, are damaged, or name a class that is not known.
 */
export function decodeTrainedModel(
  bytes: Uint8Array,
  classes: readonly Restorable<Estimator | Transformer>[] = [],
): TrainedModel {
  const state = new StateReader(decodeModel(bytes), "a trained model");
  const parsed = headerSchema.safeParse(parseHeader(state.string("header")));
  if (!parsed.success)
    throw new ModelFileError(`the model file's header is not valid: ${z.prettifyError(parsed.error)}`);
  return {
    ...parsed.data,
    estimator: restoreEstimator(state.any("estimator"), classes),
    history: { times: state.array("times", Float64Array), target: state.array("target", Float64Array) },
  };
}

function parseHeader(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelFileError("the model file's header is not JSON", { cause });
  }
}
