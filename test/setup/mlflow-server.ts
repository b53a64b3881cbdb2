import { type ChildProcess, execFile, spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** The interpreter with MLflow that `npm run setup:python` installs. */
export const PYTHON = join(
  import.meta.dirname,
  "..",
  ".venv",
  process.platform === "win32" ? "Scripts/python.exe" : "bin/python",
);

/** For every MLflow process of the tests: no helper processes, no request to the outside, folders allowed. */
const QUIET = {
  MLFLOW_ALLOW_FILE_STORE: "true",
  MLFLOW_DISABLE_TELEMETRY: "true",
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
  PYTHONWARNINGS: "ignore",
};

const START_TIMEOUT_MS = 120_000;

export interface MlflowServerOptions {
  /** A SQLite database (the default), or MLflow's file store in `folder/mlruns`. */
  readonly backend?: "sqlite" | "folder";
  /** Asks for this user and password (12 characters or more). */
  readonly admin?: { readonly username: string; readonly password: string };
}

/** A real MLflow server on a free loopback port, with artifacts through its proxy. */
export class MlflowServer implements AsyncDisposable {
  readonly uri: string;
  /** Holds the database, the artifacts and the log. */
  readonly folder: string;
  readonly #port: number;
  readonly #options: MlflowServerOptions;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number, options: MlflowServerOptions) {
    this.folder = folder;
    this.#port = port;
    this.#options = options;
    this.uri = `http://127.0.0.1:${port}`;
  }

  /** Starts a server over an empty folder; resolves when it answers. */
  static async start(options: MlflowServerOptions = {}): Promise<MlflowServer> {
    const folder = await mkdtemp(join(tmpdir(), "mlflow-server-"));
    const server = new MlflowServer(folder, await freePort(), options);
    await server.restart();
    return server;
  }

  /** Starts the server again over what is there, on the same port, after {@link kill}. */
  async restart(): Promise<void> {
    const log = openSync(join(this.folder, "server.log"), "a");
    await mkdir(join(this.folder, "mlruns", "models"), { recursive: true });
    const isFolder = this.#options.backend === "folder";
    const database = `sqlite:///${join(this.folder, "mlflow.db")}`;
    const args = ["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", String(this.#port), "--workers", "1"];
    args.push("--backend-store-uri", isFolder ? join(this.folder, "mlruns") : database);
    args.push("--serve-artifacts", "--artifacts-destination", join(this.folder, "artifacts"));
    if (this.#options.admin !== undefined) args.push("--app-name", "basic-auth");
    this.#process = spawn(PYTHON, args, {
      cwd: this.folder,
      env: { ...process.env, ...QUIET, ...authEnvironment(this.#options) },
      stdio: ["ignore", log, log],
      detached: true,
    });
    await this.#untilHealthy(this.#process);
  }

  /** Ends the server and its workers at once, as a crash would. */
  async kill(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server?.pid === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    process.kill(-server.pid, "SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #untilHealthy(server: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline && server.exitCode === null) {
      const health = await fetch(`${this.uri}/health`).catch(() => undefined);
      if (health?.ok) return;
      await sleep(100);
    }
    const log = readFileSync(join(this.folder, "server.log"), "utf8").slice(-4000);
    await this.kill();
    throw new Error(`The MLflow server did not start:\n${log}`);
  }
}

function authEnvironment({ admin }: MlflowServerOptions): NodeJS.ProcessEnv {
  if (admin === undefined) return {};
  return {
    MLFLOW_FLASK_SERVER_SECRET_KEY: "only for tests",
    MLFLOW_AUTH_ADMIN_USERNAME: admin.username,
    MLFLOW_AUTH_ADMIN_PASSWORD: admin.password,
  };
}

/** A TCP port of the loopback interface that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No port");
  return address.port;
}

/** Runs a Python script with MLflow's client set to `trackingUri`; returns the JSON that it prints last. */
export async function runPython(script: string, trackingUri: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(PYTHON, [script, ...args], {
    env: { ...process.env, ...QUIET, MLFLOW_TRACKING_URI: trackingUri, MLFLOW_REGISTRY_URI: trackingUri },
    maxBuffer: 256 * 1024 * 1024,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** Runs MLflow's own command line. */
export async function runMlflow(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(PYTHON, ["-m", "mlflow", ...args], {
    env: { ...process.env, ...QUIET },
    maxBuffer: 256 * 1024 * 1024,
  });
  return stdout;
}
