import type { BatchResults } from "./batch-results.ts";

const percentiles = { p10: 0.1, p25: 0.25, median: 0.5, p75: 0.75, p90: 0.9 } as const;

/** What a batch came to. */
export interface BatchSummary {
  readonly succeeded: number;
  readonly failed: number;
  /** For each metric its mean and percentiles over the scenarios that have it, as `wape/mean`, `wape/median`, ... */
  readonly metrics: Readonly<Record<string, number>>;
}

export function summarize(results: BatchResults): BatchSummary {
  const metrics: Record<string, number> = {};
  for (const name of results.metricNames) {
    const values = Float64Array.from({ length: results.size }, (_, place) => results.metric(name, place));
    const sorted = values.filter((value) => !Number.isNaN(value)).sort();
    if (sorted.length === 0) continue;
    metrics[`${name}/mean`] = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
    for (const [label, share] of Object.entries(percentiles)) metrics[`${name}/${label}`] = quantile(sorted, share);
  }
  return { succeeded: results.size - results.numFailed, failed: results.numFailed, metrics };
}

/** Linear interpolation between the closest ranks, NumPy's default. @param sorted ascending, at least one value. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}
