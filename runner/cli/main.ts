#!/usr/bin/env node
import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { checkCommand } from "./commands/check.ts";
import { dataCommand } from "./commands/data.ts";
import { initCommand } from "./commands/init.ts";
import { listCommand } from "./commands/list.ts";
import { predictCommand } from "./commands/predict.ts";
import { runsCommand } from "./commands/runs.ts";
import { snapshotCommand } from "./commands/snapshot.ts";
import { syncCommand } from "./commands/sync.ts";
import { trainCommand } from "./commands/train.ts";
import { isAbort, reportError } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Invocation } from "./invocation.ts";
import { note } from "./terminal.ts";

const stop = new AbortController();
const invocation: Invocation = {
  terminal: { out: process.stdout, err: process.stderr },
  env: process.env,
  cwd: process.cwd(),
  runnerDir: import.meta.dirname,
  signal: stop.signal,
};

// The first Ctrl-C ends the run in good order, the second at once.
process.on("SIGINT", () => {
  if (stop.signal.aborted) process.exit(exitCodes.interrupted);
  note(invocation.terminal, "\nstopping; Ctrl-C again to stop at once");
  stop.abort();
});
process.on("SIGTERM", () => stop.abort());
// The terminal was closed.
process.on("SIGHUP", () => stop.abort());

// A reader that has seen enough (`scenario list | head`) ends the command, without a complaint.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    stop.abort();
  });
}

let exitCode: number = exitCodes.success;
const setExitCode = (code: number) => {
  exitCode = code;
};

const program = new Command("scenario")
  .description("One model per scenario: train, inspect and predict thousands of small models that share one code base.")
  .version(manifest.version)
  .option("--project <dir>", "folder of scenario.config.ts (default: the nearest one upwards)")
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    "after",
    "\nExamples:\n  scenario init demand\n  scenario train --all --project demand\n  scenario help train",
  )
  .showHelpAfterError("(add --help for the options)");

initCommand(program, invocation);
checkCommand(program, invocation, setExitCode);
listCommand(program, invocation);
dataCommand(program, invocation);
trainCommand(program, invocation, setExitCode);
predictCommand(program, invocation, setExitCode);
runsCommand(program, invocation);
snapshotCommand(program, invocation);
syncCommand(program, invocation, setExitCode);

try {
  await program.parseAsync();
} catch (error) {
  // What was interrupted on demand is no error.
  exitCode = stop.signal.aborted && isAbort(error) ? exitCodes.interrupted : reportError(invocation.terminal, error);
}
// Pipes may still be draining; exit only once they have.
process.exitCode = exitCode;
