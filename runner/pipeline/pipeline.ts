import { DummyClassifier } from "../estimators/dummy-classifier.ts";
import { DummyRegressor } from "../estimators/dummy-regressor.ts";
import type { Estimator, Params, Restorable, Transformer } from "../estimators/estimator.ts";
import { makePipeline } from "../estimators/estimator-pipeline.ts";
import { RandomForestClassifier, RandomForestRegressor } from "../estimators/forest/index.ts";
import { OneHotEncoder } from "../estimators/one-hot-encoder.ts";
import { SimpleImputer } from "../estimators/simple-imputer.ts";
import type { Table } from "../table/table.ts";
import type { SearchSpace } from "../tuning/grid-search.ts";
import { computeMetrics } from "./compute-metrics.ts";
import type { ScenarioContext } from "./context.ts";
import { logRun } from "./log-run.ts";
import { predict } from "./predict.ts";
import { prepareData } from "./prepare-data.ts";
import { selectFeatures } from "./select-features.ts";
import type { Evaluation, Predictions, PreparedData, RunContent, SelectedFeatures, TunedModel } from "./stages.ts";
import type { TrainedModel } from "./trained-model.ts";
import { tuneHyperparams } from "./tune-hyperparams.ts";

/** A stage may answer at once or later. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Turns one scenario's rows into a model. Every stage takes the previous stage's output and returns its own; override
 * those you want to change and call `super` for the rest.
 *
 * @example
 * class DemandPipeline extends Pipeline {
 *   override makePipeline(params: Params) {
 *     return makePipeline(new SimpleImputer(), new StandardScaler(), new RidgeRegressor(params));
 *   }
 * }
 */
export class Pipeline {
  /** Your own estimator and transformer classes, so that model files that hold them can be read. */
  readonly estimators: readonly Restorable<Estimator | Transformer>[] = [];

  /**
   * Your own features: columns computed from the rows' other columns. Called with the rows of a training and with those of
   * a prediction alike, so that both see the same; rows to be predicted have no target.
   *
   * @example
   * override addFeatures(rows: Table) {
   *   const price = rows.numbers("price");
   *   return rows.with({ log_price: numeric(price.map(Math.log)) });
   * }
   */
  addFeatures(rows: Table, _context: ScenarioContext): Table {
    return rows;
  }

  /** Adds your features, cleans, orders by time, synthesises features and splits into train, validation and test. */
  prepareData(rows: Table, context: ScenarioContext): Awaitable<PreparedData> {
    return prepareData(this.addFeatures(rows, context), context);
  }

  /** An unfitted estimator for one candidate of {@link searchSpace}. */
  makePipeline(params: Params, data: PreparedData, context: ScenarioContext): Estimator {
    if (data.features.numColumns === 0)
      return data.task === "regression" ? new DummyRegressor() : new DummyClassifier();
    const options = { randomState: context.seed, ...params };
    const forest =
      data.task === "regression" ? new RandomForestRegressor(options) : new RandomForestClassifier(options);
    return makePipeline(new SimpleImputer(), new OneHotEncoder(), forest);
  }

  /** Drops features that can't help; each with the reason. */
  selectFeatures(prepared: PreparedData, context: ScenarioContext): Awaitable<SelectedFeatures> {
    return selectFeatures(prepared, context);
  }

  /** Hyper-parameters to try; every combination is a candidate. The first of equals wins. */
  searchSpace(selected: SelectedFeatures, _context: ScenarioContext): SearchSpace {
    return selected.features.numColumns === 0 ? {} : { minSamplesLeaf: [1, 3, 5] };
  }

  /** Chooses hyper-parameters on the validation rows. */
  tuneHyperparams(selected: SelectedFeatures, context: ScenarioContext): Awaitable<TunedModel> {
    const space = this.searchSpace(selected, context);
    return tuneHyperparams(selected, space, (params) => this.makePipeline(params, selected, context), context);
  }

  /** Measures on the test rows, then fits the model to predict with on all rows. */
  computeMetrics(tuned: TunedModel, context: ScenarioContext): Awaitable<Evaluation> {
    return computeMetrics(
      tuned,
      (params) => this.makePipeline(params, tuned, context),
      ({ actual, predicted, rows }) => this.kpis(actual, predicted, rows),
      context,
    );
  }

  /** Business figures of the test rows, such as a stock-out cost; logged beside the metrics under these names. */
  kpis(_actual: Float64Array, _predicted: Float64Array, _rows: Table): Readonly<Record<string, number>> {
    return {};
  }

  /** What MLflow gets: parameters, metrics, tags and files. The model file is added by itself. */
  logRun(evaluation: Evaluation, context: ScenarioContext): Awaitable<RunContent> {
    return logRun(evaluation, context);
  }

  /** Predicts the rows without a target, with the identical transformation as in training. */
  predict(model: TrainedModel, rows: Table, context: ScenarioContext): Awaitable<Predictions> {
    return predict(model, this.addFeatures(rows, context), context);
  }
}
