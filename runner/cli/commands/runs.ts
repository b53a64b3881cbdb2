import type { Command } from "commander";
import { findProject } from "../../project/find-project.ts";
import { type JournalledBatch, listBatches, readJournal } from "../../runs/journal.ts";
import { readableKey } from "../../runs/selection.ts";
import { UsageError } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { positiveInteger } from "../option-values.ts";
import { duration } from "../progress.ts";
import { print } from "../terminal.ts";
import { shortNumber, textTable } from "../text-table.ts";

interface RunsOptions {
  readonly project?: string;
  readonly failed?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}

export function runsCommand(program: Command, invocation: Invocation): void {
  program
    .command("runs [batch]")
    .description("list past runs, or the scenarios of one of them (its name or the start of it, or `last`)")
    .option("--failed", "only the scenarios that failed, with their errors")
    .option("--limit <n>", "at most so many", positiveInteger, 20)
    .option("--json", "one JSON object per run or scenario, all of them")
    .addHelpText(
      "after",
      "\nExamples:\n  scenario runs\n  scenario runs last --failed\n  scenario runs 20260105-101500 --json",
    )
    .action(async (batch: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<RunsOptions>();
      const dir = findProject(options.project, invocation.cwd);
      if (batch === undefined) await listRuns(invocation, dir, options);
      else showRun(invocation, await findBatch(dir, batch), options);
    });
}

async function findBatch(dir: string, name: string): Promise<JournalledBatch> {
  const names = await listBatches(dir);
  const matches = name === "last" ? names.slice(0, 1) : names.filter((candidate) => candidate.startsWith(name));
  const batch = matches.length === 1 ? await readJournal(dir, matches[0]) : null;
  if (batch !== null) return batch;
  throw new UsageError(
    matches.length > 1
      ? `${name} is the start of ${matches.join(", ")}`
      : `no run ${name}; \`scenario runs\` lists them`,
  );
}

async function listRuns({ terminal }: Invocation, dir: string, options: RunsOptions): Promise<void> {
  const names = await listBatches(dir);
  const rows: string[][] = [];
  for (const name of options.json ? names : names.slice(0, options.limit)) {
    const batch = await readJournal(dir, name);
    if (batch === null) continue;
    const { header, entries, isComplete } = batch;
    const failed = [...entries.values()].filter(({ status }) => status === "failed").length;
    const seconds =
      (Math.max(header.startTimeMs, ...[...entries.values()].map(({ endTimeMs }) => endTimeMs)) - header.startTimeMs) /
      1000;
    if (options.json) {
      print(terminal, JSON.stringify({ ...header, scenarios: entries.size, failed, isComplete, seconds }));
    } else {
      const state = isComplete ? "complete" : "stopped";
      rows.push([
        name,
        header.kind,
        state,
        String(entries.size),
        String(failed),
        duration(seconds),
        header.parentRunId ?? "-",
      ]);
    }
  }
  if (options.json) return;
  if (rows.length === 0) print(terminal, "no runs yet; `scenario train --all` trains every scenario");
  else print(terminal, textTable(["run", "scenarios", "state", "done", "failed", "took", "MLflow run"], rows));
}

function showRun({ terminal }: Invocation, { entries }: JournalledBatch, options: RunsOptions): void {
  const shown = [...entries.values()].filter(({ status }) => !options.failed || status === "failed");
  if (options.json) {
    for (const entry of shown) print(terminal, JSON.stringify(entry));
    return;
  }
  const rows = shown.slice(0, options.limit).map(({ scenario, status, metrics, error, runId }) => {
    const [name, value] = Object.entries(metrics)[0] ?? ["", null];
    return [
      readableKey(scenario),
      status,
      error === null ? `${name} ${shortNumber(value)}` : `${error.name}: ${error.message}`,
      runId ?? "-",
    ];
  });
  print(terminal, textTable(["scenario", "status", "result", "MLflow run"], rows));
  if (shown.length > rows.length) print(terminal, `${shown.length} scenarios; the first ${rows.length} are shown`);
}
