import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { systemErrorCode, TrackingError } from "./errors.ts";
import type { Connection } from "./http.ts";
import type { TrackingUri } from "./tracking-uri.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How to reach the server of `target`, from the environment variables of MLflow and Databricks:
 * `MLFLOW_TRACKING_USERNAME` with `_PASSWORD`, or `MLFLOW_TRACKING_TOKEN`; `MLFLOW_TRACKING_INSECURE_TLS`,
 * `MLFLOW_TRACKING_SERVER_CERT_PATH`, `MLFLOW_TRACKING_CLIENT_CERT_PATH`; `MLFLOW_HTTP_REQUEST_TIMEOUT` (seconds) and
 * `MLFLOW_HTTP_REQUEST_MAX_RETRIES`; `DATABRICKS_HOST` with `DATABRICKS_TOKEN`, else a profile of `~/.databrickscfg`
 * (`DATABRICKS_CONFIG_FILE`), named in the address or by `DATABRICKS_CONFIG_PROFILE`, else `DEFAULT`.
 * @throws TrackingError `TRACKING_CONFIGURATION_INVALID` if something needed is missing or contradictory
 */
export async function connectionTo(
  target: Exclude<TrackingUri, { kind: "folder" }>,
  env: Environment,
): Promise<Connection> {
  const limits = {
    timeoutMs: 1000 * positive(env, "MLFLOW_HTTP_REQUEST_TIMEOUT", 120),
    backoff: {
      maxRetries: positive(env, "MLFLOW_HTTP_REQUEST_MAX_RETRIES", 4),
      delayMs: 500,
      maxDelayMs: 30_000,
    },
  };
  const tls = await tlsSettings(env);
  if (target.kind === "server") {
    return { baseUrl: target.uri, headers: headersOf(mlflowAuthorization(env)), tls, ...limits };
  }
  const { host, authorization } = await databricksCredentials(target.profile, env);
  return { baseUrl: host, headers: headersOf(authorization), tls, ...limits };
}

function headersOf(authorization: string | undefined): Record<string, string> {
  return { "User-Agent": "scenario-runner", ...(authorization === undefined ? {} : { Authorization: authorization }) };
}

/** User and password before a token, as MLflow's client does. */
function mlflowAuthorization(env: Environment): string | undefined {
  const user = env.MLFLOW_TRACKING_USERNAME;
  const password = env.MLFLOW_TRACKING_PASSWORD;
  if (user && password) return basic(user, password);
  const token = env.MLFLOW_TRACKING_TOKEN;
  return token ? `Bearer ${token.trim()}` : undefined;
}

async function databricksCredentials(
  profile: string | undefined,
  env: Environment,
): Promise<{ host: string; authorization: string }> {
  const envHost = env.DATABRICKS_HOST;
  const envToken = env.DATABRICKS_TOKEN;
  if (profile === undefined && envHost && envToken) {
    return { host: hostUrl(envHost), authorization: `Bearer ${envToken.trim()}` };
  }
  const file = env.DATABRICKS_CONFIG_FILE || join(env.HOME || env.USERPROFILE || homedir(), ".databrickscfg");
  const name = profile ?? (env.DATABRICKS_CONFIG_PROFILE || "DEFAULT");
  const settings = iniSections(await configText(file)).get(name);
  const host = settings?.get("host");
  const token = settings?.get("token");
  const user = settings?.get("username");
  const password = settings?.get("password");
  if (host && token) return { host: hostUrl(host), authorization: `Bearer ${token}` };
  if (host && user && password) return { host: hostUrl(host), authorization: basic(user, password) };
  const where = `profile [${name}] of ${file}`;
  const inProfile = settings === undefined ? `there is no ${where}` : `${where} lacks ${host ? "a token" : "a host"}`;
  const inEnvironment = envHost ? "DATABRICKS_TOKEN is not set" : "DATABRICKS_HOST is not set";
  const [reasons, advice] =
    profile === undefined
      ? [
          `${inEnvironment}, and ${inProfile}`,
          `Set DATABRICKS_HOST and DATABRICKS_TOKEN, or put "host" and "token" into the ${where}`,
        ]
      : [inProfile, `Put "host" and "token" into the ${where}`];
  throw new TrackingError("TRACKING_CONFIGURATION_INVALID", `No Databricks host and token: ${reasons}. ${advice}.`);
}

/** The workspace's address, without the path or query that a browser's address of it has. */
function hostUrl(host: string): string {
  const trimmed = host.trim();
  try {
    return new URL(/^https?:\/\//.test(trimmed) ? trimmed : `https://${trimmed}`).origin;
  } catch (error) {
    throw new TrackingError(
      "TRACKING_CONFIGURATION_INVALID",
      `The Databricks host "${trimmed}" is not an address: use the one of the workspace, e.g. https://adb-123.4.azuredatabricks.net.`,
      { cause: error },
    );
  }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

async function configText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return "";
    throw new TrackingError("TRACKING_CONFIGURATION_INVALID", `${file} can't be read.`, { cause: error });
  }
}

/** The sections of an INI file as Python's configparser reads the simple ones. */
function iniSections(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[([^\]]+)\]/.exec(line);
    if (header !== null) {
      section = sections.get(header[1].trim()) ?? new Map();
      sections.set(header[1].trim(), section);
      continue;
    }
    const setting = /^\s*([^#;=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (setting !== null) section.set(setting[1].toLowerCase(), setting[2]);
  }
  return sections;
}

async function tlsSettings(env: Environment): Promise<NonNullable<Connection["tls"]>> {
  const certificate = env.MLFLOW_TRACKING_SERVER_CERT_PATH;
  const isInsecure = ["true", "1"].includes(env.MLFLOW_TRACKING_INSECURE_TLS?.toLowerCase() ?? "");
  if (isInsecure && certificate) {
    throw new TrackingError(
      "TRACKING_CONFIGURATION_INVALID",
      "Set only one of MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH.",
    );
  }
  const client = env.MLFLOW_TRACKING_CLIENT_CERT_PATH;
  const clientPem = client ? await pem(client, "MLFLOW_TRACKING_CLIENT_CERT_PATH") : undefined;
  return {
    ...(isInsecure ? { rejectUnauthorized: false } : {}),
    ...(certificate ? { ca: await pem(certificate, "MLFLOW_TRACKING_SERVER_CERT_PATH") } : {}),
    ...(clientPem === undefined ? {} : { cert: clientPem, key: clientPem }),
  };
}

async function pem(path: string, variable: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new TrackingError("TRACKING_CONFIGURATION_INVALID", `${variable} names ${path}, which can't be read.`, {
      cause: error,
    });
  }
}

function positive(env: Environment, variable: string, otherwise: number): number {
  const value = Number(env[variable]);
  return env[variable] && Number.isFinite(value) && value >= 0 ? value : otherwise;
}
