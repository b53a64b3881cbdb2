import { DummyClassifier } from "./dummy-classifier.ts";
import { DummyRegressor } from "./dummy-regressor.ts";
import type { Estimator, Restorable, Transformer } from "./estimator.ts";
import { ClassifierPipeline, EstimatorPipeline } from "./estimator-pipeline.ts";
import { RandomForestClassifier, RandomForestRegressor } from "./forest/index.ts";
import { LogisticRegression } from "./logistic-regression.ts";
import { MlRandomForestClassifier, MlRandomForestRegressor } from "./ml-random-forest.ts";
import { OneHotEncoder } from "./one-hot-encoder.ts";
import { OrdinalEncoder } from "./ordinal-encoder.ts";
import { PCA } from "./pca.ts";
import { RidgeRegressor } from "./ridge-regressor.ts";
import { SeasonalNaive } from "./seasonal-naive.ts";
import { SimpleImputer } from "./simple-imputer.ts";
import { StandardScaler } from "./standard-scaler.ts";
import { type ModelState, StateReader } from "./state.ts";

export { saveEstimator } from "./saved-estimator.ts";

/** The estimators that come with the runner, by the names that model files use. */
export const builtInEstimators = {
  ClassifierPipeline,
  DummyClassifier,
  DummyRegressor,
  EstimatorPipeline,
  LogisticRegression,
  MlRandomForestClassifier,
  MlRandomForestRegressor,
  RandomForestClassifier,
  RandomForestRegressor,
  RidgeRegressor,
  SeasonalNaive,
} as const satisfies Readonly<Record<string, Restorable<Estimator>>>;

/** The transformers that come with the runner, by the names that model files use. */
export const builtInTransformers = {
  OneHotEncoder,
  OrdinalEncoder,
  PCA,
  SimpleImputer,
  StandardScaler,
} as const satisfies Readonly<Record<string, Restorable<Transformer>>>;

const builtIns: Readonly<Record<string, Restorable<Estimator | Transformer>>> = {
  ...builtInEstimators,
  ...builtInTransformers,
};

/** A saved model can't become an object again. */
export class ModelRestoreError extends Error {
  override readonly name = "ModelRestoreError";
}

/** Classes of the user's own that models may be made of. */
export type UserClasses = readonly Restorable<Estimator | Transformer>[];

/**
 * The estimator that `saveEstimator` saved; it predicts identically.
 * @param classes classes of the user's own that the model is made of.
 * @throws ModelRestoreError when its class is not known or its state is damaged.
 */
export function restoreEstimator(saved: ModelState, classes: UserClasses = []): Estimator {
  const restored = restorePart(saved, classes);
  if (!("predict" in restored)) {
    throw new ModelRestoreError(`the model is a ${restored.constructor.name}, which predicts nothing`);
  }
  return restored;
}

/** The same for a transformer. */
export function restoreTransformer(saved: ModelState, classes: UserClasses = []): Transformer {
  const restored = restorePart(saved, classes);
  if (!("transform" in restored)) {
    throw new ModelRestoreError(`the model is a ${restored.constructor.name}, which transforms nothing`);
  }
  return restored;
}

function restorePart(saved: ModelState, classes: UserClasses): Estimator | Transformer {
  let name = "model";
  try {
    const fields = new StateReader(saved, "the saved model");
    name = fields.string("class");
    return classNamed(name, classes).fromState(fields.any("state"), (part) => restorePart(part, classes));
  } catch (cause) {
    if (cause instanceof ModelRestoreError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ModelRestoreError(`the saved ${name} can't be restored: ${reason}`, { cause });
  }
}

function classNamed(name: string, classes: UserClasses): Restorable<Estimator | Transformer> {
  const own = classes.filter((candidate) => candidate.name === name);
  const builtIn = Object.hasOwn(builtIns, name) ? builtIns[name] : undefined;
  if (own.length + (builtIn === undefined ? 0 : 1) > 1) {
    throw new ModelRestoreError(`more than one class has the name ${name}; rename yours and train again`);
  }
  const restorable = builtIn ?? own[0];
  if (restorable === undefined) {
    throw new ModelRestoreError(
      `the model was saved by class ${name}, which is not known here; list it in the pipeline's \`estimators\``,
    );
  }
  return restorable;
}
