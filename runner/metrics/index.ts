export {
  accuracy,
  type ClassificationMetrics,
  classificationMetricNames,
  classificationMetrics,
  f1,
  logLoss,
  rocAuc,
} from "./classification.ts";
export { isMetricName, type MetricInfo, type MetricName, metricInfo } from "./metric.ts";
export {
  bias,
  mae,
  mape,
  mase,
  naiveError,
  type RegressionMetricOptions,
  type RegressionMetrics,
  r2,
  regressionMetricNames,
  regressionMetrics,
  rmse,
  smape,
  wape,
} from "./regression.ts";
export { relativeTo } from "./relative.ts";
