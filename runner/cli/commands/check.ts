import type { Command } from "commander";
import { findProject } from "../../project/find-project.ts";
import { prepareOwnFolder } from "../../project/own-folder.ts";
import { typeCheck } from "../../project/type-check.ts";
import { exitCodes } from "../exit-codes.ts";
import { type Invocation, withSession } from "../invocation.ts";
import { print } from "../terminal.ts";

interface CheckOptions {
  readonly project?: string;
}

export function checkCommand(program: Command, invocation: Invocation, setExitCode: (code: number) => void): void {
  program
    .command("check")
    .description("check the project without training: types, config, streams, columns, SQL")
    .addHelpText("after", "\nExample:\n  scenario check --project demand")
    .action(async (_, command: Command) => {
      const { project } = command.optsWithGlobals<CheckOptions>();
      setExitCode(await check(invocation, project));
    });
}

async function check(invocation: Invocation, folder: string | undefined): Promise<number> {
  const { terminal, cwd, signal, runnerDir } = invocation;
  const dir = findProject(folder, cwd);
  await prepareOwnFolder(dir, runnerDir);
  // Types come first: what they find has a place, and may be why the project can't be loaded.
  const types = await typeCheck(dir, signal);
  if (types.status === "failed") {
    print(terminal, types.output);
    return exitCodes.unusable;
  }
  return withSession(invocation, dir, async ({ project, engine }) => {
    const { data } = project.description;
    const columns = await engine.schema("training", signal);
    const prediction =
      data.predictionMaster === null
        ? "no prediction master"
        : `${(await engine.schema("prediction", signal)).length} columns to predict from`;
    const checked =
      types.status === "passed" ? "types are right" : "types not checked (TypeScript is not installed in the project)";
    print(
      terminal,
      `${project.description.name}: ${checked}; ${columns.length} columns in the training master, ${prediction}`,
    );
    return exitCodes.success;
  });
}
