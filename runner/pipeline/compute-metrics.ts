import { type Classifier, type Estimator, isClassifier } from "../estimators/estimator.ts";
import { classificationMetrics } from "../metrics/classification.ts";
import { naiveError, regressionMetrics } from "../metrics/regression.ts";
import { relativeTo } from "../metrics/relative.ts";
import type { Table } from "../table/table.ts";
import type { ScenarioContext } from "./context.ts";
import type { Evaluation, Forecast, TunedModel } from "./stages.ts";
import type { EstimatorFactory } from "./tune-hyperparams.ts";

/** The user's business figures of a forecast, by name. */
export type Kpis = (forecast: Forecast) => Readonly<Record<string, number>>;

/**
 * The default `computeMetrics`: fits on train and validation, measures on test against the naive forecast (or the
 * majority class), then fits the model that predictions will use on all rows.
 */
export function computeMetrics(
  tuned: TunedModel,
  makeEstimator: EstimatorFactory,
  kpis: Kpis,
  context: ScenarioContext,
): Evaluation {
  const { features, target, split, params } = tuned;
  const options = { numThreads: context.numThreads };
  const past = Int32Array.from([...split.train, ...split.validation]).sort();
  const pastTarget = Float64Array.from(past, (row) => target[row]);
  const evaluated = makeEstimator(params).fit(features.take(past), pastTarget, options);
  const forecast = forecastTest(tuned, evaluated, pastTarget);
  const measured = measure(forecast, tuned, pastTarget, context.columns.seasonLength);
  const metrics = { ...measured, ...checkedKpis(kpis(forecast), measured) };
  const model = makeEstimator(params).fit(features, target, options);
  return { ...tuned, metrics, forecast, featureImportances: model.featureImportances ?? {}, model };
}

/** A KPI must not pass for one of our metrics. */
function checkedKpis(kpis: ReturnType<Kpis>, metrics: Readonly<Record<string, number>>): ReturnType<Kpis> {
  if (typeof kpis !== "object" || kpis === null) throw new TypeError("kpis() must return an object of named numbers");
  const taken = Object.keys(kpis).find((name) => Object.hasOwn(metrics, name));
  if (taken === undefined) return kpis;
  throw new RangeError(`kpis() names a figure "${taken}", which is a metric already; choose another name`);
}

function forecastTest(tuned: TunedModel, estimator: Estimator, pastTarget: Float64Array): Forecast {
  const { split, target, rows, features } = tuned;
  const testFeatures = features.take(split.test);
  return {
    rows: rows.take(split.test),
    actual: Float64Array.from(split.test, (row) => target[row]),
    predicted: estimator.predict(testFeatures),
    probabilities: isClassifier(estimator) ? probabilitiesOf(estimator, testFeatures, tuned.classes.length) : null,
    baseline: baselineOf(tuned, pastTarget),
  };
}

/** The naive forecast where it can be made, else the past mean. For classes, how often each occurred in the past. */
function baselineOf({ task, naive, split, classes }: TunedModel, pastTarget: Float64Array): Float64Array {
  if (task === "regression") {
    let mean = 0;
    for (const value of pastTarget) mean += value / pastTarget.length;
    return Float64Array.from(split.test, (row) => (naive === null || Number.isNaN(naive[row]) ? mean : naive[row]));
  }
  const shares = new Float64Array(classes.length);
  for (const value of pastTarget) shares[value] += 1 / pastTarget.length;
  const probabilities = new Float64Array(split.test.length * classes.length);
  for (let start = 0; start < probabilities.length; start += classes.length) probabilities.set(shares, start);
  return probabilities;
}

/** Metrics of the test rows, each also relative to the baseline's. */
function measure(
  forecast: Forecast,
  { classes, recipe }: TunedModel,
  pastTarget: Float64Array,
  seasonLength: number,
): Record<string, number> {
  const { actual, predicted, probabilities, baseline } = forecast;
  if (classes.length === 0) {
    // Without a time the order of rows means nothing, so there is no error of a step.
    const options = recipe.time === null ? {} : { maseScale: naiveError(pastTarget, seasonLength) };
    const metrics = regressionMetrics(actual, predicted, options);
    return { ...metrics, ...relativeTo(metrics, regressionMetrics(actual, baseline, options)) };
  }
  // A classifier without probabilities is as sure as can be of what it says.
  const metrics = classificationMetrics(actual, probabilities ?? oneHot(predicted, classes.length), classes.length);
  return { ...metrics, ...relativeTo(metrics, classificationMetrics(actual, baseline, classes.length)) };
}

/** Row-major probabilities of all classes: those that the training rows lack get 0. */
function probabilitiesOf(classifier: Classifier, features: Table, numClasses: number): Float64Array {
  const given = classifier.predictProba(features);
  const width = classifier.numClasses;
  if (width === numClasses) return given;
  const all = new Float64Array(features.numRows * numClasses);
  for (let row = 0; row < features.numRows; row++)
    all.set(given.subarray(row * width, (row + 1) * width), row * numClasses);
  return all;
}

function oneHot(classNumbers: Float64Array, numClasses: number): Float64Array {
  const probabilities = new Float64Array(classNumbers.length * numClasses);
  for (let row = 0; row < classNumbers.length; row++) probabilities[row * numClasses + classNumbers[row]] = 1;
  return probabilities;
}
