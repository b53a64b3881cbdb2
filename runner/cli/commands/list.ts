import type { Command } from "commander";
import type { Selection } from "../../engines/engine.ts";
import { latestResults } from "../../runs/journal.ts";
import { type Invocation, withSession } from "../invocation.ts";
import { positiveInteger } from "../option-values.ts";
import { note, print } from "../terminal.ts";
import { textTable } from "../text-table.ts";

interface ListOptions {
  readonly project?: string;
  readonly where?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function listCommand(program: Command, invocation: Invocation): void {
  program
    .command("list")
    .description("list the scenarios with their rows, time span and last result")
    .option("--where <sql>", "only rows for which this holds")
    .option("--limit <n>", "at most so many scenarios on a terminal", positiveInteger, 50)
    .option("--json", "one JSON object per scenario, all of them")
    .addHelpText("after", '\nExamples:\n  scenario list\n  scenario list --where "store = 2" --json')
    .action((_, command: Command) => list(invocation, command.optsWithGlobals<ListOptions>()));
}

async function list(invocation: Invocation, options: ListOptions): Promise<void> {
  const { terminal, signal } = invocation;
  await withSession(invocation, options.project, async ({ project, engine }) => {
    const last = await latestResults(project.dir);
    const selection: Selection = options.where === undefined ? { signal } : { where: options.where, signal };
    const pages = engine.list(selection);
    const shown: string[][] = [];
    let total = 0;
    for await (const page of pages) {
      for (const { id, key, numRows, numTargets, firstTime, lastTime } of page) {
        total++;
        const entry = last.get(id)?.entry;
        if (options.json) {
          const status = entry?.status ?? null;
          print(
            terminal,
            JSON.stringify({ scenario: key, id, rows: numRows, targets: numTargets, firstTime, lastTime, status }),
          );
        } else if (shown.length < options.limit) {
          const span = [numRows, firstTime ?? "-", lastTime ?? "-", entry?.status ?? "-"].map(String);
          shown.push([...Object.values(key).map(String), ...span]);
        }
      }
    }
    if (pages.nullKeyRows > 0)
      note(terminal, `${pages.nullKeyRows} rows belong to no scenario: a key column is missing in them`);
    if (options.json) return;
    print(
      terminal,
      textTable([...project.description.data.scenarioKey, "rows", "first", "last", "last result"], shown),
    );
    print(
      terminal,
      total > shown.length ? `${total} scenarios; the first ${shown.length} are shown` : `${total} scenarios`,
    );
  });
}
