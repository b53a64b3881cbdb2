import { describe, expect, it } from "vitest";
import { DummyClassifier } from "../../../runner/estimators/dummy-classifier.ts";
import { DummyRegressor } from "../../../runner/estimators/dummy-regressor.ts";
import { makePipeline } from "../../../runner/estimators/estimator-pipeline.ts";
import { RandomForestClassifier, RandomForestRegressor } from "../../../runner/estimators/forest/index.ts";
import { LogisticRegression } from "../../../runner/estimators/logistic-regression.ts";
import { MlRandomForestClassifier, MlRandomForestRegressor } from "../../../runner/estimators/ml-random-forest.ts";
import { OneHotEncoder } from "../../../runner/estimators/one-hot-encoder.ts";
import { OrdinalEncoder } from "../../../runner/estimators/ordinal-encoder.ts";
import { PCA } from "../../../runner/estimators/pca.ts";
import { builtInEstimators, builtInTransformers } from "../../../runner/estimators/registry.ts";
import { RidgeRegressor } from "../../../runner/estimators/ridge-regressor.ts";
import { SeasonalNaive } from "../../../runner/estimators/seasonal-naive.ts";
import { SimpleImputer } from "../../../runner/estimators/simple-imputer.ts";
import { StandardScaler } from "../../../runner/estimators/standard-scaler.ts";
import { checkEstimator, checkTransformer } from "./check-estimator.ts";

const regression = { task: "regression" } as const;
const classification = { task: "classification" } as const;

checkEstimator("RidgeRegressor", () => new RidgeRegressor(), { ...regression, weightsRepeat: true });
checkEstimator("RidgeRegressor without a penalty", () => new RidgeRegressor({ alpha: 0 }), {
  ...regression,
  weightsRepeat: true,
});
checkEstimator("LogisticRegression", () => new LogisticRegression(), { ...classification, weightsRepeat: true });
checkEstimator("SeasonalNaive", () => new SeasonalNaive({ period: 4 }), regression);
checkEstimator("DummyRegressor by mean", () => new DummyRegressor(), { ...regression, weightsRepeat: true });
checkEstimator("DummyRegressor by median", () => new DummyRegressor({ strategy: "median" }), {
  ...regression,
  weightsRepeat: true,
});
checkEstimator("DummyClassifier", () => new DummyClassifier(), { ...classification, weightsRepeat: true });
checkEstimator("MlRandomForestRegressor", () => new MlRandomForestRegressor({ nEstimators: 5 }), {
  ...regression,
  takesWeights: false,
});
checkEstimator("MlRandomForestClassifier", () => new MlRandomForestClassifier({ nEstimators: 5 }), {
  ...classification,
  takesWeights: false,
});
checkEstimator("RandomForestRegressor", () => new RandomForestRegressor({ nEstimators: 10 }), regression);
checkEstimator("RandomForestClassifier", () => new RandomForestClassifier({ nEstimators: 10 }), classification);
checkEstimator(
  "EstimatorPipeline",
  () => makePipeline(new SimpleImputer(), new OneHotEncoder(), new StandardScaler(), new RidgeRegressor()),
  regression,
);
checkEstimator(
  "ClassifierPipeline",
  () => makePipeline(new SimpleImputer(), new StandardScaler(), new LogisticRegression()),
  classification,
);

checkTransformer("SimpleImputer", () => new SimpleImputer());
checkTransformer("SimpleImputer with indicators", () => new SimpleImputer({ strategy: "mean", addIndicator: true }));
checkTransformer("StandardScaler", () => new StandardScaler());
checkTransformer("OneHotEncoder", () => new OneHotEncoder({ maxCategories: 3 }));
checkTransformer("OrdinalEncoder", () => new OrdinalEncoder());
checkTransformer("PCA", () => new PCA(), { needsFinite: true });

describe("the built-in classes", () => {
  it("have the names that model files use", () => {
    for (const [name, type] of Object.entries({ ...builtInEstimators, ...builtInTransformers })) {
      expect(type.name).toBe(name);
    }
  });
});
