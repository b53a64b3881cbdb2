import { stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import type { ScenarioFailure } from "../../runs/batch-results.ts";
import { ModelSource } from "../../runs/model-source.ts";
import { type PredictEvent, type PredictOptions, predictScenarios } from "../../runs/predict.ts";
import { PredictionTable } from "../../runs/prediction-table.ts";
import type { Session } from "../../runs/session.ts";
import { UsageError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { type Invocation, parseScenarios, withSession } from "../invocation.ts";
import { positiveInteger } from "../option-values.ts";
import { ScenarioProgress } from "../progress.ts";
import { failureCauses } from "../reports.ts";
import { note, print } from "../terminal.ts";

interface PredictFlags {
  readonly project?: string;
  readonly scenario?: readonly string[];
  readonly where?: string;
  readonly out?: string;
  readonly jobs?: number;
  readonly json?: boolean;
}

export function predictCommand(program: Command, invocation: Invocation, setExitCode: (code: number) => void): void {
  program
    .command("predict")
    .description("predict the rows of the prediction master with each scenario's latest model")
    .option("--scenario <key=value...>", "this scenario (several times for several); all when left out")
    .option("--where <sql>", "only rows for which this holds")
    .option("--out <file>", "write the predictions to a .parquet or .csv file")
    .option("--jobs <n>", "executors at the same time (default: one a core)", positiveInteger)
    .option("--json", "one JSON object per predicted row")
    .addHelpText(
      "after",
      "\nExamples:\n  scenario predict --out forecast.parquet\n  scenario predict --scenario store=2,brand=1\n  scenario predict --json",
    )
    .action(async (_, command: Command) => {
      const flags = command.optsWithGlobals<PredictFlags>();
      if (flags.out !== undefined) await checkOut(resolve(invocation.cwd, flags.out));
      setExitCode(await withSession(invocation, flags.project, (session) => run(invocation, session, flags)));
    });
}

async function run(invocation: Invocation, session: Session, flags: PredictFlags): Promise<number> {
  const { terminal, signal, cwd } = invocation;
  const { scenarioKey } = session.project.description.data;
  const options: PredictOptions = {
    ...(flags.scenario === undefined
      ? {}
      : { scenarios: await parseScenarios(session.engine, scenarioKey, flags.scenario) }),
    ...(flags.where === undefined ? {} : { where: flags.where }),
    ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
    signal,
  };
  await using models = new ModelSource(session);
  const predictions = new PredictionTable();
  let progress: ScenarioProgress | null = null;
  const failures: ScenarioFailure[] = [];
  const show = (event: PredictEvent) => {
    if (event.type === "begin" && flags.out !== undefined)
      progress = new ScenarioProgress(terminal, event.numScenarios, 0);
    if (event.type !== "result") return;
    progress?.advance(event.table === null);
    const { result, table } = event;
    if (result.status === "failed") failures.push({ scenario: result.scenario.key, error: result.failure });
    if (table === null) return;
    if (flags.out !== undefined) predictions.append(table);
    else for (let row = 0; row < table.numRows; row++) print(terminal, rowText(table.row(row), flags.json ?? false));
  };
  try {
    for await (const event of predictScenarios(session, models, options)) show(event);
  } finally {
    (progress as ScenarioProgress | null)?.[Symbol.dispose]();
  }
  if (signal.aborted) return exitCodes.interrupted;
  if (flags.out !== undefined) {
    const path = resolve(cwd, flags.out);
    await writeFile(path, path.toLowerCase().endsWith(".csv") ? predictions.toCsv() : predictions.toParquet());
    print(terminal, `${predictions.numRows} predictions in ${path}`);
  }
  if (failures.length > 0) note(terminal, failureCauses(failures));
  return failures.length > 0 ? exitCodes.someFailed : exitCodes.success;
}

/** Before the work, not after it. */
async function checkOut(path: string): Promise<void> {
  if (!/\.(parquet|csv)$/i.test(path)) {
    throw new UsageError(`--out ${path}: the file's name must end in .parquet or .csv`);
  }
  const isFolder = await stat(dirname(path)).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new UsageError(`--out ${path}: there is no folder ${dirname(path)}`);
}

function rowText(row: Readonly<Record<string, unknown>>, json: boolean): string {
  if (json) return JSON.stringify(row);
  return Object.entries(row)
    .map(([name, value]) => `${name} ${value}`)
    .join("  ");
}
