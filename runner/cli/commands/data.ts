import type { Command } from "commander";
import { streamPlace } from "../../data/streams.ts";
import type { Engine, MasterSet, Selection } from "../../engines/engine.ts";
import { tableFromArrow } from "../../table/arrow.ts";
import type { Table } from "../../table/table.ts";
import { type Invocation, parseScenarios, withSession } from "../invocation.ts";
import { positiveInteger } from "../option-values.ts";
import { print, type Terminal } from "../terminal.ts";
import { shortNumber, textTable } from "../text-table.ts";

interface DataOptions {
  readonly project?: string;
  readonly scenario?: readonly string[];
  readonly where?: string;
  readonly prediction?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}

export function dataCommand(program: Command, invocation: Invocation): void {
  program
    .command("data")
    .description("show the streams, the master table's columns and its first rows")
    .option("--scenario <key=value...>", "only the rows of this scenario")
    .option("--where <sql>", "only rows for which this holds")
    .option("--prediction", "the prediction master instead of the training master")
    .option("--limit <n>", "so many rows", positiveInteger, 10)
    .option("--json", "one JSON object per row, nothing else")
    .addHelpText(
      "after",
      '\nExamples:\n  scenario data\n  scenario data --scenario store=2,brand=1 --limit 200\n  scenario data --where "week > 150" --json',
    )
    .action((_, command: Command) => showData(invocation, command.optsWithGlobals<DataOptions>()));
}

async function showData(invocation: Invocation, options: DataOptions): Promise<void> {
  const { terminal, signal } = invocation;
  await withSession(invocation, options.project, async ({ project, engine }) => {
    const { data } = project.description;
    const set: MasterSet = options.prediction ? "prediction" : "training";
    const selection: Selection = {
      set,
      signal,
      ...(options.where === undefined ? {} : { where: options.where }),
      ...(options.scenario === undefined
        ? {}
        : { scenarios: await parseScenarios(engine, data.scenarioKey, options.scenario) }),
    };
    if (!options.json) await describe(terminal, engine, set, selection);
    const rows = tableFromArrow(await engine.preview({ ...selection, limit: options.limit }));
    if (options.json) for (let row = 0; row < rows.numRows; row++) print(terminal, JSON.stringify(rows.row(row)));
    else print(terminal, previewTable(rows));
  });
}

async function describe(terminal: Terminal, engine: Engine, set: MasterSet, selection: Selection): Promise<void> {
  const streams = await engine.describeStreams(selection.signal);
  const streamRows = streams.map(({ name, spec, numRows, columns }) => [
    name,
    streamPlace(spec),
    String(numRows),
    columns.map((column) => column.name).join(", "),
  ]);
  print(terminal, `${textTable(["stream", "from", "rows", "columns"], streamRows)}\n`);
  const columns = await engine.schema(set, selection.signal);
  const columnRows = columns.map(({ name, sqlType }) => [name, sqlType]);
  print(terminal, `${textTable([`${set} master`, "type"], columnRows)}\n`);
  print(terminal, `${await engine.count(selection)} rows, of which the first:\n`);
}

function previewTable(rows: Table): string {
  const cells: string[][] = [];
  for (let row = 0; row < rows.numRows; row++) {
    cells.push(
      Object.values(rows.row(row)).map((value) =>
        typeof value === "number" ? shortNumber(value) : String(value ?? ""),
      ),
    );
  }
  return textTable(rows.names, cells);
}
