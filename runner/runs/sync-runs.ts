import { existsSync } from "node:fs";
import { TrackingError } from "../tracking/errors.ts";
import { FileStore } from "../tracking/file-store.ts";
import { MlflowClient } from "../tracking/mlflow-client.ts";
import { spoolFolder } from "../tracking/spool.ts";
import { type SyncOptions, type SyncReport, sync } from "../tracking/sync.ts";
import { parseTrackingUri } from "../tracking/tracking-uri.ts";

export interface SyncRunsOptions extends Pick<SyncOptions, "onProgress" | "signal"> {
  readonly projectDir: string;
  /** Where the project's runs are: a folder, or the server that they wait for. */
  readonly trackingUri: string;
  /** This folder instead of the project's own places. */
  readonly from: string | null;
  readonly to: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Sends to a server what it has not got yet: the runs of the project's folder, and those that wait in its spool.
 *
 * @throws TrackingError when `to` is no server or there is nothing to send from.
 */
export async function syncRuns(options: SyncRunsOptions): Promise<SyncReport> {
  const { projectDir, env, from, to } = options;
  const target = parseTrackingUri(to, projectDir);
  if (target.kind === "folder") {
    throw new TrackingError(
      "TRACKING_URI_INVALID",
      `--to ${to} is a folder; runs are sent to a server: http(s)://, databricks or databricks://PROFILE`,
    );
  }
  const spool = spoolFolder(projectDir, target.uri);
  const own = parseTrackingUri(from ?? options.trackingUri, projectDir);
  const folders = own.kind === "folder" ? [own.folder] : [];
  if (from === null) folders.push(spool);
  const present = folders.filter(existsSync);
  if (from !== null && present.length === 0) {
    throw new TrackingError("TRACKING_FOLDER_INVALID", `--from ${from}: there is no such folder`);
  }
  using client = await MlflowClient.connect(target, env);
  let total: SyncReport = { sent: 0, pending: 0, refused: [] };
  for (const folder of present) {
    await using store = await FileStore.open(folder);
    const report = await sync({ ...options, from: store, to: client, removeSent: folder === spool });
    total = {
      sent: total.sent + report.sent,
      pending: total.pending + report.pending,
      refused: [...total.refused, ...report.refused],
      ...(report.stopped === undefined ? {} : { stopped: report.stopped }),
    };
  }
  return total;
}
