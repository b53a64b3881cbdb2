import { isMetricName, metricInfo } from "./metric.ts";

/**
 * Each metric as a skill score against the same metric of a baseline, named `<metric>_vs_baseline`: the share of the
 * baseline's distance to a perfect value that is gained, `1 - |ours - best| / |baseline - best|`. 1 is perfect, 0 as good
 * as the baseline, below 0 worse, whichever direction the metric has: an RMSE of 3 against 4 is 0.25, an accuracy of 0.9
 * against 0.6 is 0.75. NaN when either is NaN, and when the baseline is perfect and ours is not; 0 when both are.
 * Names that are no metric of the runner, or that only one side has, are left out.
 *
 * Reference: A. Murphy (1988), Skill scores based on the mean square error, Monthly Weather Review 116.
 *
 * @example
 * relativeTo({ rmse: 3 }, { rmse: 4 }); // { rmse_vs_baseline: 0.25 }
 */
export function relativeTo(
  metrics: Readonly<Record<string, number>>,
  baseline: Readonly<Record<string, number>>,
): Record<string, number> {
  const relative: Record<string, number> = {};
  for (const [name, value] of Object.entries(metrics)) {
    if (!isMetricName(name) || !Object.hasOwn(baseline, name)) continue;
    const { best } = metricInfo[name];
    relative[`${name}_vs_baseline`] = skill(Math.abs(value - best), Math.abs(baseline[name] - best));
  }
  return relative;
}

function skill(distance: number, baselineDistance: number): number {
  if (baselineDistance === 0) return distance === 0 ? 0 : Number.NaN;
  return 1 - distance / baselineDistance;
}
