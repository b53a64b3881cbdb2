export { RandomForestClassifier } from "./classifier.ts";
export type { ForestOptions, MaxFeatures } from "./options.ts";
export { RandomForestRegressor } from "./regressor.ts";
