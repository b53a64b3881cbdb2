import { dirname, join } from "node:path";
import type { MlflowClient } from "./mlflow-client.ts";
import type { SyncReport } from "./sync.ts";

/** Tells where the runs of a folder are and how to open them with MLflow's own tools. */
export function folderLocation(root: string, experiment: string): string {
  const database = `sqlite:///${join(dirname(root), "mlflow.db")}`;
  return [
    `Runs: ${root}, experiment "${experiment}"`,
    `Look at them: MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri ${shellQuoted(root)}`,
    "  (since 3.13, MLflow's own tools open a folder only with that variable)",
    `Move them to a database: mlflow migrate-filestore --source ${shellQuoted(root)} --target ${shellQuoted(database)}`,
  ].join("\n");
}

/** Tells where the runs of a server are, and where those wait that it has not got yet, and why. */
export function serverLocation(
  server: MlflowClient,
  experiment: string,
  spool: string,
  pending: number,
  report: SyncReport,
): string {
  const lines = [`Runs: ${server.webUrl}, experiment "${server.workspace?.knownPath(experiment) ?? experiment}"`];
  if (pending > 0) {
    const [runs, them] = pending === 1 ? ["run waits", "it"] : ["runs wait", "them"];
    lines.push(`${pending} ${runs} in ${spool}: the next run or \`scenario sync\` sends ${them}.`);
    const reason = report.stopped ?? report.refused[0]?.message;
    if (reason !== undefined) lines.push(`  ${reason}`);
  }
  return lines.join("\n");
}

function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
