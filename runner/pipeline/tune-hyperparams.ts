import type { Estimator, Params } from "../estimators/estimator.ts";
import { isClassifier } from "../estimators/estimator.ts";
import { logLoss } from "../metrics/classification.ts";
import { mae } from "../metrics/regression.ts";
import { gridSearch, type SearchSpace } from "../tuning/grid-search.ts";
import type { ScenarioContext } from "./context.ts";
import type { SelectedFeatures, TunedModel } from "./stages.ts";

/** Builds an unfitted estimator from hyper-parameters. */
export type EstimatorFactory = (params: Params) => Estimator;

/**
 * The default `tuneHyperparams`: every candidate of the space is fitted on the training rows and scored on the
 * validation rows, by mean absolute error (robust where scenarios have outliers) or log loss.
 */
export async function tuneHyperparams(
  selected: SelectedFeatures,
  space: SearchSpace,
  makeEstimator: EstimatorFactory,
  context: ScenarioContext,
): Promise<TunedModel> {
  const { features, target, split } = selected;
  const take = (rows: Int32Array) => ({
    features: features.take(rows),
    target: Float64Array.from(rows, (r) => target[r]),
  });
  const train = take(split.train);
  const validation = take(split.validation);
  const { best, trials } = await gridSearch(space, (params) => {
    const estimator = makeEstimator(params).fit(train.features, train.target, { numThreads: context.numThreads });
    return isClassifier(estimator)
      ? logLoss(validation.target, estimator.predictProba(validation.features), estimator.numClasses)
      : mae(validation.target, estimator.predict(validation.features));
  });
  return { ...selected, params: best, trials };
}
