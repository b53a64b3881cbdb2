import { dirname, join } from "node:path";

/** Tells where the runs of a folder are and how to open them with MLflow's own tools. */
export function folderLocation(root: string, experiment: string): string {
  return [
    `Runs: ${root}, experiment "${experiment}"`,
    `Look at them: MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri ${shellQuoted(root)}`,
    "  (since 3.13, MLflow's own tools open a folder only with that variable)",
    `Move them to a database: MLFLOW_ALLOW_FILE_STORE=true mlflow migrate-filestore --source ${shellQuoted(root)} --target ${shellQuoted(`sqlite:///${join(dirname(root), "mlflow.db")}`)}`,
  ].join("\n");
}

/** Tells where the runs of a server are, and where those wait that it has not got yet. */
export function serverLocation(uri: string, experiment: string, spool: string, pending: number): string {
  const lines = [`Runs: ${uri}, experiment "${experiment}"`];
  if (pending > 0) {
    lines.push(
      `${pending} ${pending === 1 ? "run waits" : "runs wait"} in ${spool}: the next run or \`scenario sync\` sends ${pending === 1 ? "it" : "them"}.`,
    );
  }
  return lines.join("\n");
}

function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
