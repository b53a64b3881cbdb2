import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { TrackingError } from "./errors.ts";

/** Where runs go: a folder of this machine, an MLflow server, or a Databricks workspace. */
export type TrackingUri =
  | { readonly kind: "folder"; readonly folder: string }
  | { readonly kind: "server"; readonly uri: string }
  | { readonly kind: "databricks"; readonly uri: string; readonly profile: string | undefined };

/**
 * Reads a tracking URI as MLflow's clients do: a path (relative to `projectDir`) or `file://`, `http(s)://`,
 * `databricks`, `databricks://PROFILE`.
 * @throws TrackingError `TRACKING_URI_INVALID` for anything else, e.g. a database
 */
export function parseTrackingUri(uri: string, projectDir: string): TrackingUri {
  const text = uri.trim();
  if (text === "databricks") return { kind: "databricks", uri: text, profile: undefined };
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: "folder", folder: resolve(projectDir, text === "" ? "./mlruns" : text) };
  switch (scheme) {
    case "file":
      return { kind: "folder", folder: folderOf(text, projectDir) };
    case "http":
    case "https":
      return { kind: "server", uri: serverUri(text) };
    case "databricks":
      return { kind: "databricks", uri: text, profile: /^databricks:\/\/([^/:]+)/.exec(text)?.[1] };
    default:
      throw new TrackingError(
        "TRACKING_URI_INVALID",
        `Runs can't be sent to "${withoutPassword(text)}". Use a folder, http(s)://, databricks or databricks://PROFILE; for a database, start \`mlflow server --backend-store-uri\` on it and give the server's address.`,
      );
  }
}

/** A short name for a server that is the same on every start, for file names. */
export function serverId(uri: string): string {
  const readable = uri
    .replace(/^https?:\/\//, "")
    .replace(/[^a-zA-Z0-9.-]+/g, "_")
    .replace(/^[._]+|[._]+$/g, "");
  return `${readable.slice(0, 60)}-${createHash("sha256").update(uri).digest("hex").slice(0, 8)}`;
}

function folderOf(uri: string, projectDir: string): string {
  try {
    // MLflow also takes `file:relative` and `file:./relative`.
    if (!uri.startsWith("file:/")) return resolve(projectDir, decodeURIComponent(uri.slice("file:".length)));
    return fileURLToPath(uri);
  } catch (error) {
    throw new TrackingError("TRACKING_URI_INVALID", `"${uri}" does not name a folder of this machine.`, {
      cause: error,
    });
  }
}

function serverUri(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new TrackingError("TRACKING_URI_INVALID", `"${withoutPassword(text)}" is not a valid address.`, {
      cause: error,
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new TrackingError(
      "TRACKING_URI_INVALID",
      "Don't put a user name or password into the tracking address: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
    );
  }
  return url.href.replace(/[?#].*$/, "").replace(/\/+$/, "");
}

function withoutPassword(uri: string): string {
  return uri.replace(/\/\/[^/@]*@/, "//***@");
}
