import type { Command } from "commander";
import { findProject } from "../../project/find-project.ts";
import type { BatchResults } from "../../runs/batch-results.ts";
import { listBatches, readBatch, type StoredBatch } from "../../runs/batches.ts";
import { readableKey } from "../../runs/selection.ts";
import { experimentName, trackingUri } from "../../runs/session.ts";
import { listRuns } from "../../tracking/list-runs.ts";
import { UsageError } from "../errors.ts";
import { type Invocation, openProject } from "../invocation.ts";
import { positiveInteger } from "../option-values.ts";
import { duration } from "../progress.ts";
import { print } from "../terminal.ts";
import { shortNumber, textTable } from "../text-table.ts";

interface RunsOptions {
  readonly project?: string;
  readonly failed?: boolean;
  readonly mlflow?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}

export function runsCommand(program: Command, invocation: Invocation): void {
  program
    .command("runs [batch]")
    .description("list past runs, or the scenarios of one of them (its name or the start of it, or `last`)")
    .option("--failed", "only the scenarios that failed, with their errors")
    .option("--mlflow", "the runs that the project's MLflow folder or server has, of other people too")
    .option("--limit <n>", "at most so many", positiveInteger, 20)
    .option("--json", "one JSON object per run or scenario, all of them")
    .addHelpText(
      "after",
      "\nExamples:\n  scenario runs\n  scenario runs last --failed\n  scenario runs --mlflow\n  scenario runs 20260105-101500 --json",
    )
    .action(async (batch: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<RunsOptions>();
      const dir = findProject(options.project, invocation.cwd);
      if (options.mlflow && (batch !== undefined || options.failed)) {
        throw new UsageError(
          "--mlflow lists the runs that MLflow has; it goes neither with a run's name nor with --failed",
        );
      }
      if (options.mlflow) await listMlflowRuns(invocation, options);
      else if (batch === undefined) await listBatchRuns(invocation, dir, options);
      else showRun(invocation, await findBatch(dir, batch), options);
    });
}

async function findBatch(dir: string, name: string): Promise<StoredBatch> {
  const names = await listBatches(dir);
  const matches = name === "last" ? names.slice(0, 1) : names.filter((candidate) => candidate.startsWith(name));
  const batch = matches.length === 1 ? await readBatch(dir, matches[0]) : null;
  if (batch !== null) return batch;
  throw new UsageError(
    matches.length > 1
      ? `${name} is the start of ${matches.join(", ")}`
      : `no run ${name}; \`scenario runs\` lists them`,
  );
}

async function listBatchRuns({ terminal }: Invocation, dir: string, options: RunsOptions): Promise<void> {
  const names = await listBatches(dir);
  const rows: string[][] = [];
  for (const name of options.json ? names : names.slice(0, options.limit)) {
    const batch = await readBatch(dir, name);
    if (batch === null) continue;
    const { header, results, isComplete } = batch;
    const seconds = secondsOf(batch);
    if (options.json) {
      print(
        terminal,
        JSON.stringify({ ...header, scenarios: results.size, failed: results.numFailed, isComplete, seconds }),
      );
    } else {
      const state = isComplete ? "complete" : "stopped";
      const counts = [String(results.size), String(results.numFailed)];
      rows.push([name, header.kind, state, ...counts, duration(seconds), header.parentRunId ?? "-"]);
    }
  }
  if (options.json) return;
  if (rows.length === 0) print(terminal, "no runs yet; `scenario train --all` trains every scenario");
  else print(terminal, textTable(["run", "scenarios", "state", "done", "failed", "took", "MLflow run"], rows));
}

/** From the start to the last result. */
function secondsOf({ header, results }: StoredBatch): number {
  let lastMs = header.startTimeMs;
  for (let place = 0; place < results.size; place++) lastMs = Math.max(lastMs, results.number("end_ms", place));
  return (lastMs - header.startTimeMs) / 1000;
}

function showRun({ terminal }: Invocation, { results }: StoredBatch, options: RunsOptions): void {
  const shown = Array.from({ length: results.size }, (_, place) => place).filter(
    (place) => !options.failed || results.texts(place).failure !== null,
  );
  if (options.json) {
    for (const place of shown) print(terminal, JSON.stringify(resultJson(results, place)));
    return;
  }
  const rows = shown.slice(0, options.limit).map((place) => {
    const { key, failure, runId } = results.texts(place);
    const [name = ""] = results.metricNames;
    const result =
      failure === null ? `${name} ${shortNumber(results.metric(name, place))}` : `${failure.name}: ${failure.message}`;
    return [readableKey(key), failure === null ? "succeeded" : "failed", result, runId ?? "-"];
  });
  print(terminal, textTable(["scenario", "status", "result", "MLflow run"], rows));
  if (shown.length > rows.length) print(terminal, `${shown.length} scenarios; the first ${rows.length} are shown`);
}

/** The fields of a line of `train --json`, but for the warnings, which are not stored by columns. */
function resultJson(results: BatchResults, place: number) {
  const { key, failure, params, runId } = results.texts(place);
  return {
    scenario: key,
    status: failure === null ? "succeeded" : "failed",
    metrics: results.metrics(place),
    params: JSON.parse(params) as unknown,
    stages: results.stageNames
      .map((name) => ({ name, ms: results.number(`ms ${name}`, place) }))
      .filter(({ ms }) => !Number.isNaN(ms)),
    runId,
    error: failure,
  };
}

/** Runs without a parent: whole batches, and scenarios that were trained on their own. */
async function listMlflowRuns(invocation: Invocation, options: RunsOptions): Promise<void> {
  const { terminal, env, signal } = invocation;
  using project = await openProject(invocation, options.project);
  const runs = await listRuns({
    uri: trackingUri({ project, env }),
    experiment: experimentName({ project, env }),
    projectDir: project.dir,
    env,
    parentRunId: null,
    signal,
    ...(options.json ? {} : { maxResults: options.limit }),
  });
  if (options.json) {
    for (const run of runs) print(terminal, JSON.stringify(run));
    return;
  }
  const rows = runs.map(({ runName, status, startTimeMs, metrics, runId }) => {
    const [name = "", value] =
      Object.entries(metrics).find(([metric]) => /^(mae|log_loss)(\/mean)?$/.test(metric)) ?? [];
    return [runName, status, new Date(startTimeMs).toISOString(), `${name} ${shortNumber(value)}`.trim(), runId];
  });
  print(terminal, textTable(["run", "status", "started", "result", "MLflow run"], rows));
}
