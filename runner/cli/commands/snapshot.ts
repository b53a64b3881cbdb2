import type { Command } from "commander";
import { listSnapshots } from "../../engines/snapshot.ts";
import { findProject } from "../../project/find-project.ts";
import { snapshotsFolder } from "../../runs/snapshots.ts";
import { type Invocation, withSession } from "../invocation.ts";
import { print } from "../terminal.ts";
import { textTable } from "../text-table.ts";

interface SnapshotOptions {
  readonly project?: string;
  readonly list?: boolean;
  readonly prediction?: boolean;
  readonly json?: boolean;
}

export function snapshotCommand(program: Command, invocation: Invocation): void {
  program
    .command("snapshot")
    .description("store the master table as Parquet, named by its content; `train --snapshot ID` trains on it")
    .option("--list", "the snapshots that are there, newest first")
    .option("--prediction", "the prediction master instead of the training master")
    .option("--json", "one JSON object per snapshot")
    .addHelpText(
      "after",
      "\nExamples:\n  scenario snapshot\n  scenario snapshot --list\n  scenario train --all --snapshot 1f0c",
    )
    .action((_, command: Command) => {
      const options = command.optsWithGlobals<SnapshotOptions>();
      return options.list ? list(invocation, options) : take(invocation, options);
    });
}

async function take(invocation: Invocation, options: SnapshotOptions): Promise<void> {
  const { terminal, signal } = invocation;
  await withSession(invocation, options.project, async ({ project, engine }) => {
    const set = options.prediction ? "prediction" : "training";
    const { id, path, manifest } = await engine.snapshot({ dir: snapshotsFolder(project.dir), set, signal });
    if (options.json) print(terminal, JSON.stringify({ path, ...manifest }));
    else print(terminal, `snapshot ${id}: ${manifest.rows} rows, ${manifest.schema.length} columns, ${path}`);
  });
}

async function list({ terminal, cwd }: Invocation, options: SnapshotOptions): Promise<void> {
  const snapshots = await listSnapshots(snapshotsFolder(findProject(options.project, cwd)));
  if (options.json) {
    for (const { path, manifest } of snapshots) print(terminal, JSON.stringify({ path, ...manifest }));
    return;
  }
  if (snapshots.length === 0) print(terminal, "no snapshots yet; `scenario snapshot` makes one");
  else {
    const rows = snapshots.map(({ id, manifest }) => [id, manifest.set, manifest.createdAt, String(manifest.rows)]);
    print(terminal, textTable(["snapshot", "set", "created", "rows"], rows));
  }
}
