import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { prepareOwnFolder } from "../../project/own-folder.ts";
import { exampleOptions, type TemplateOptions, writeTemplate } from "../../project/template.ts";
import { UsageError } from "../errors.ts";
import type { Invocation } from "../invocation.ts";
import { positiveInteger } from "../option-values.ts";
import { print } from "../terminal.ts";

interface InitFlags {
  readonly data?: string;
  readonly key?: string;
  readonly time?: string;
  readonly target?: string;
  readonly horizon?: number;
}

export function initCommand(program: Command, invocation: Invocation): void {
  program
    .command("init <dir>")
    .description("make a new project: an example with made-up data, or, with --data, one on your own file")
    .option("--data <file>", "your Parquet or CSV file")
    .option("--key <columns>", "with --data: the columns whose values make a scenario, with commas between")
    .option("--target <column>", "with --data: the column to predict")
    .option("--time <column>", "with --data: the column that orders a scenario's rows")
    .option("--horizon <n>", "how many time steps ahead predictions are made", positiveInteger)
    .addHelpText(
      "after",
      "\nExamples:\n  scenario init visitors\n  scenario init demand --data sales.parquet --key store,brand --time week --target units --horizon 4",
    )
    .action((dir: string, flags: InitFlags) => init(invocation, resolve(invocation.cwd, dir), flags));
}

async function init({ terminal, cwd, runnerDir }: Invocation, dir: string, flags: InitFlags): Promise<void> {
  const files = await writeTemplate(dir, templateOptions(flags, cwd, dir));
  await prepareOwnFolder(dir, runnerDir);
  for (const file of files) print(terminal, `  ${file}`);
  print(terminal, `\nNext:\n  cd ${relative(cwd, dir) || "."}\n  scenario list\n  scenario train --all`);
}

function templateOptions(flags: InitFlags, cwd: string, dir: string): TemplateOptions {
  const { data, key, target, time, horizon } = flags;
  if (data === undefined) {
    if (key !== undefined || target !== undefined || time !== undefined)
      throw new UsageError("--key, --target and --time go with --data");
    return { ...exampleOptions, ...(horizon === undefined ? {} : { horizon }) };
  }
  if (key === undefined || target === undefined) throw new UsageError("--data needs --key and --target");
  if (!existsSync(resolve(cwd, data))) throw new UsageError(`--data ${data}: there is no file ${resolve(cwd, data)}`);
  const scenarioKey = key.split(",").map((column) => column.trim());
  if (scenarioKey.includes("")) throw new UsageError(`--key ${key}: give the names of columns with commas between`);
  return {
    data: relative(dir, resolve(cwd, data)).replaceAll("\\", "/"),
    scenarioKey,
    target,
    horizon: horizon ?? 1,
    ...(time === undefined ? {} : { time }),
  };
}
