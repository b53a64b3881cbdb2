import type { classificationMetricNames } from "./classification.ts";
import type { regressionMetricNames } from "./regression.ts";

export type MetricName = (typeof regressionMetricNames)[number] | (typeof classificationMetricNames)[number];

/** What to know about a metric to rank by it, show it and explain a missing value. */
export interface MetricInfo {
  /** "zero": the nearer to 0 the better. */
  readonly betterWhen: "lower" | "higher" | "zero";
  /** The value of a perfect prediction. */
  readonly best: number;
  /** When the value is NaN, to follow "undefined because". */
  readonly undefinedWhen: string;
}

const noRows = "there are no rows";

/** The metrics that the runner computes, by the names that are logged. */
export const metricInfo: Readonly<Record<MetricName, MetricInfo>> = {
  rmse: { betterWhen: "lower", best: 0, undefinedWhen: noRows },
  mae: { betterWhen: "lower", best: 0, undefinedWhen: noRows },
  r2: { betterWhen: "higher", best: 1, undefinedWhen: "there are fewer than two rows" },
  mape: { betterWhen: "lower", best: 0, undefinedWhen: "every actual value is 0" },
  smape: { betterWhen: "lower", best: 0, undefinedWhen: noRows },
  wape: { betterWhen: "lower", best: 0, undefinedWhen: "every actual value is 0" },
  mase: { betterWhen: "lower", best: 0, undefinedWhen: "the training series is constant or too short" },
  bias: { betterWhen: "zero", best: 0, undefinedWhen: noRows },
  log_loss: { betterWhen: "lower", best: 0, undefinedWhen: noRows },
  roc_auc: { betterWhen: "higher", best: 1, undefinedWhen: "the actual values hold a single class" },
  f1: { betterWhen: "higher", best: 1, undefinedWhen: noRows },
  accuracy: { betterWhen: "higher", best: 1, undefinedWhen: noRows },
};

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(metricInfo, name);
}
