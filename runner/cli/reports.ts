import type { Stage } from "../pipeline/stages.ts";
import type { StageSize } from "../pipeline/train-scenario.ts";
import type { BatchResults, ScenarioFailure } from "../runs/batch-results.ts";
import type { JournalEntry } from "../runs/journal.ts";
import type { BatchOutcome } from "../runs/running-batch.ts";
import { readableKey } from "../runs/selection.ts";
import { shortNumber, textTable } from "./text-table.ts";

const BEST_AND_WORST = 5;
const SHOWN_CAUSES = 5;

/** The metric that scenarios are ranked by: relative to the baseline, so that scenarios of any size compare. */
const rankings = ["mae_vs_baseline", "log_loss_vs_baseline"];
const shownMetrics = [
  "mae",
  "rmse",
  "wape",
  "mae_vs_baseline",
  "log_loss",
  "accuracy",
  "roc_auc",
  "log_loss_vs_baseline",
];

/** One scenario: its metrics, or its error with the place to look at. */
export function scenarioReport(entry: JournalEntry, sizes: ReadonlyMap<Stage, StageSize>): string {
  const title = `${readableKey(entry.scenario)}: ${entry.status}`;
  const lines = [title, ...entry.warnings.map((warning) => `  warning: ${warning}`)];
  if (entry.error !== null) {
    const { name, message, stage, location } = entry.error;
    lines.push(`  ${name}${stage === null ? "" : ` in ${stage}`}: ${message}`);
    if (location !== null) lines.push(`  at ${location.file}:${location.line}:${location.column}`);
    return lines.join("\n");
  }
  const metrics = Object.entries(entry.metrics).map(([name, value]) => [name, shortNumber(Number(value))]);
  const stages = entry.stages.map(({ name, ms }) => {
    const size = sizes.get(name);
    return [
      name,
      ms.toFixed(1),
      size === undefined ? "-" : String(size.rows),
      size === undefined ? "-" : String(size.columns),
    ];
  });
  const tables = [textTable(["stage", "ms", "rows", "features"], stages), textTable(["metric", "value"], metrics)];
  return [lines.join("\n"), ...tables].join("\n\n");
}

/** A whole batch: mean and percentiles of the metrics, best and worst scenarios, failures by cause. */
export function batchReport({ summary, results }: BatchOutcome, scenarioKey: readonly string[]): string {
  const parts = [`${summary.succeeded} succeeded, ${summary.failed} failed`];
  const shown = shownMetrics.filter((name) => `${name}/mean` in summary.metrics);
  if (shown.length > 0) {
    const statistics = ["mean", "p10", "median", "p90"];
    const rows = shown.map((name) => [name, ...statistics.map((s) => shortNumber(summary.metrics[`${name}/${s}`]))]);
    parts.push(textTable(["metric", ...statistics], rows));
  }
  const ranking = rankings.find((name) => `${name}/mean` in summary.metrics);
  if (ranking !== undefined) parts.push(leaderboard(results, ranking, shown, scenarioKey));
  if (summary.failed > 0) parts.push(failureCauses(results.failures()));
  return parts.join("\n\n");
}

function leaderboard(
  results: BatchResults,
  ranking: string,
  shown: readonly string[],
  scenarioKey: readonly string[],
): string {
  const ranked = Uint32Array.from({ length: results.size }, (_, place) => place)
    .filter((place) => !Number.isNaN(results.metric(ranking, place)))
    .sort((a, b) => results.metric(ranking, b) - results.metric(ranking, a));
  const row = (place: number) => [
    ...scenarioKey.map((column) => String(results.texts(place).key[column])),
    ...shown.map((name) => shortNumber(results.metric(name, place))),
  ];
  const headings = [...scenarioKey, ...shown];
  if (ranked.length <= 2 * BEST_AND_WORST) return textTable(headings, Array.from(ranked, row));
  const gap = headings.map(() => "");
  const best = Array.from(ranked.subarray(0, BEST_AND_WORST), row);
  const worst = Array.from(ranked.subarray(-BEST_AND_WORST), row);
  return `Best and worst by ${ranking} (1 is perfect, 0 as good as the naive forecast)\n${textTable(headings, [...best, gap, ...worst])}`;
}

/** Failures of one error, stage and line are one cause. */
export function failureCauses(failures: readonly ScenarioFailure[]): string {
  const causes = new Map<string, ScenarioFailure[]>();
  for (const failure of failures) {
    const { name, stage, location } = failure.error;
    const place = location === null ? "" : ` at ${location.file}:${location.line}`;
    const cause = `${name}${stage === null ? "" : ` in ${stage}`}${place}`;
    const known = causes.get(cause);
    if (known === undefined) causes.set(cause, [failure]);
    else known.push(failure);
  }
  const sorted = [...causes].sort(([, a], [, b]) => b.length - a.length);
  const lines = sorted
    .slice(0, SHOWN_CAUSES)
    .map(
      ([cause, [example, ...others]]) =>
        `  ${others.length + 1} x ${cause}\n      e.g. ${readableKey(example.scenario)}: ${example.error.message}`,
    );
  const more = sorted.length > SHOWN_CAUSES ? [`  and ${sorted.length - SHOWN_CAUSES} other causes`] : [];
  return ["Failures by cause", ...lines, ...more].join("\n");
}
