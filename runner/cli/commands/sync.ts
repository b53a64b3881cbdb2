import type { Command } from "commander";
import { trackingUri } from "../../runs/session.ts";
import { syncRuns } from "../../runs/sync-runs.ts";
import { exitCodes } from "../exit-codes.ts";
import { type Invocation, openProject } from "../invocation.ts";
import { noteRefused } from "../refused-runs.ts";
import { note, print } from "../terminal.ts";

interface SyncFlags {
  readonly project?: string;
  readonly from?: string;
  readonly to: string;
}

export function syncCommand(program: Command, invocation: Invocation, setExitCode: (code: number) => void): void {
  program
    .command("sync")
    .description("send runs of the local folder, or those that wait for a server, to an MLflow server, each once")
    .requiredOption("--to <uri>", "http(s)://..., databricks or databricks://PROFILE")
    .option("--from <folder>", "folder of runs (default: those that wait for this server, and the project's folder)")
    .addHelpText(
      "after",
      "\nExamples:\n  scenario sync --to http://localhost:5000\n  scenario sync --from mlruns --to databricks",
    )
    .action(async (_, command: Command) => {
      const flags = command.optsWithGlobals<SyncFlags>();
      const { terminal, env, signal } = invocation;
      using project = await openProject(invocation, flags.project);
      const report = await syncRuns({
        projectDir: project.dir,
        trackingUri: trackingUri({ project, env }),
        from: flags.from ?? null,
        to: flags.to,
        env,
        signal,
        onProgress: ({ sent, total }) => note(terminal, `sent ${sent} of ${total} runs`),
      });
      noteRefused(terminal, report.refused);
      if (report.stopped !== undefined) note(terminal, `stopped: ${report.stopped}`);
      print(terminal, `${report.sent} runs sent, ${report.pending} still to send, ${report.refused.length} refused`);
      if (signal.aborted) setExitCode(exitCodes.interrupted);
      else setExitCode(report.pending + report.refused.length > 0 ? exitCodes.someFailed : exitCodes.success);
    });
}
