export { DummyClassifier, type DummyClassifierOptions } from "./dummy-classifier.ts";
export { DummyRegressor, type DummyRegressorOptions } from "./dummy-regressor.ts";
export {
  type Classifier,
  type Estimator,
  type FitOptions,
  isClassifier,
  isTransformer,
  NotFittedError,
  type Params,
  type Restorable,
  type RestorePart,
  type Transformer,
} from "./estimator.ts";
export { ClassifierPipeline, EstimatorPipeline, makePipeline } from "./estimator-pipeline.ts";
export { type ForestOptions, RandomForestClassifier, RandomForestRegressor } from "./forest/index.ts";
export { LogisticRegression, type LogisticRegressionOptions } from "./logistic-regression.ts";
export { MlRandomForestClassifier, type MlRandomForestOptions, MlRandomForestRegressor } from "./ml-random-forest.ts";
export { decodeModel, encodeModel, ModelFileError } from "./model-file.ts";
export { OneHotEncoder, type OneHotEncoderOptions } from "./one-hot-encoder.ts";
export { InvalidOptionError } from "./option.ts";
export { OrdinalEncoder, type OrdinalEncoderOptions } from "./ordinal-encoder.ts";
export { PCA, type PcaOptions } from "./pca.ts";
export {
  builtInEstimators,
  builtInTransformers,
  ModelRestoreError,
  restoreEstimator,
  restoreTransformer,
  saveEstimator,
  type UserClasses,
} from "./registry.ts";
export { RidgeRegressor, type RidgeRegressorOptions } from "./ridge-regressor.ts";
export { SeasonalNaive, type SeasonalNaiveOptions } from "./seasonal-naive.ts";
export { SimpleImputer, type SimpleImputerOptions } from "./simple-imputer.ts";
export { StandardScaler, type StandardScalerOptions } from "./standard-scaler.ts";
export { type ModelState, type StateArray, StateReader } from "./state.ts";
export { InvalidInputError } from "./training-input.ts";
