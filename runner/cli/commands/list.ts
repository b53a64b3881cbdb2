import type { Command } from "commander";
import { latestResults } from "../../runs/batches.ts";
import { type ScenarioDetail, ScenarioIndex, type ScenarioOrder } from "../../runs/scenario-index.ts";
import { UsageError } from "../errors.ts";
import { type Invocation, withSession } from "../invocation.ts";
import { positiveInteger } from "../option-values.ts";
import { note, print } from "../terminal.ts";
import { shortNumber, textTable } from "../text-table.ts";

interface ListOptions {
  readonly project?: string;
  readonly where?: string;
  readonly filter?: string;
  readonly sort?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function listCommand(program: Command, invocation: Invocation): void {
  program
    .command("list")
    .description("list the scenarios with their rows, time span and last result")
    .option("--where <sql>", "only rows of the master table for which this holds")
    .option("--filter <text>", 'only scenarios that are e.g. failed, untrained, "worse than baseline", "wape > 0.3"')
    .option("--sort <by>", "key, rows or a metric; with a - in front from the highest down", "key")
    .option("--limit <n>", "at most so many scenarios on a terminal", positiveInteger, 50)
    .option("--json", "one JSON object per scenario, all of them")
    .addHelpText(
      "after",
      `
Examples:
  scenario list
  scenario list --filter "failed store = 2"
  scenario list --sort -wape --limit 10
  scenario list --where "week > 100" --json`,
    )
    .action((_, command: Command) => list(invocation, command.optsWithGlobals<ListOptions>()));
}

async function list(invocation: Invocation, options: ListOptions): Promise<void> {
  const { terminal, signal } = invocation;
  await withSession(invocation, options.project, async ({ project, engine }) => {
    const { scenarioKey } = project.description.data;
    const results = await latestResults(project.dir);
    const where = options.where === undefined ? {} : { where: options.where };
    const index = await ScenarioIndex.read(engine, results, { ...where, signal });
    if (index.nullKeyRows > 0)
      note(terminal, `${index.nullKeyRows} rows belong to no scenario: a key column is missing in them`);
    const order = orderOf(options.sort ?? "key", results.metricNames);
    const view = index.view(options.filter ?? "", order);
    if (options.json) {
      for (const scenario of view.scenarios(0, view.size)) print(terminal, JSON.stringify(jsonOf(scenario)));
      return;
    }
    const shown = view.scenarios(0, options.limit);
    print(terminal, scenarioTable(shown, scenarioKey, typeof order.by === "object" ? order.by.metric : null));
    const count = view.size === index.size ? `${view.size} scenarios` : `${view.size} of ${index.size} scenarios`;
    print(terminal, view.size > shown.length ? `${count}; the first ${shown.length} are shown` : count);
  });
}

function orderOf(text: string, metricNames: readonly string[]): ScenarioOrder {
  const descending = text.startsWith("-");
  const name = descending ? text.slice(1) : text;
  if (name === "key" || name === "rows") return { by: name, descending };
  if (metricNames.includes(name)) return { by: { metric: name }, descending };
  const known = metricNames.length === 0 ? "no scenario has a metric yet" : `there are ${metricNames.join(", ")}`;
  throw new UsageError(`--sort ${text}: neither key, rows nor a metric; ${known}`);
}

function jsonOf({ key, id, numRows, firstTime, lastTime, status, error, runId, metrics }: ScenarioDetail) {
  return { scenario: key, id, rows: numRows, firstTime, lastTime, status, error, runId, metrics };
}

function scenarioTable(
  scenarios: readonly ScenarioDetail[],
  scenarioKey: readonly string[],
  metric: string | null,
): string {
  const headings = [...scenarioKey, "rows", "first", "last", "last result", ...(metric === null ? [] : [metric])];
  const rows = scenarios.map(({ key, numRows, firstTime, lastTime, status, metrics }) => [
    ...scenarioKey.map((column) => String(key[column])),
    String(numRows),
    String(firstTime ?? "-"),
    String(lastTime ?? "-"),
    status,
    ...(metric === null ? [] : [shortNumber(metrics[metric])]),
  ]);
  return textTable(headings, rows);
}
