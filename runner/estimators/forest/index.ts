export { RandomForestClassifier } from "./classifier.ts";
export { ForestDataError } from "./forest.ts";
export { type ForestOptions, InvalidForestOptionError, type MaxFeatures } from "./options.ts";
export { RandomForestRegressor } from "./regressor.ts";
