import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { basename, extname, join, resolve } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { DuckDbOptions } from "../../data/engines.ts";
import { quoteIdentifier } from "../../data/sql.ts";
import { DataError } from "../data-error.ts";
import type { ErrorContext } from "./errors.ts";
import { Lease, throwIfAborted } from "./lease.ts";
import { type DuckDb, loadDuckDb } from "./native.ts";

/** One in-memory database with its folder for spilling; connections are leased for one operation each. */
export class Session {
  readonly duckDb: DuckDb;
  /** Catalog of the attached database file, if there is one. */
  readonly catalog: string | null;
  readonly #instance: DuckDBInstance;
  readonly #temporaryFolder: string;
  readonly #searchPath: string;
  readonly #opening = new Set<Promise<DuckDBConnection>>();
  readonly #leases = new Set<Lease>();
  #isOpen = true;

  private constructor(
    duckDb: DuckDb,
    instance: DuckDBInstance,
    places: { catalog: string | null; temporaryFolder: string; searchPath: string },
  ) {
    this.duckDb = duckDb;
    this.#instance = instance;
    this.catalog = places.catalog;
    this.#temporaryFolder = places.temporaryFolder;
    this.#searchPath = places.searchPath;
  }

  static async open(projectDir: string, options: DuckDbOptions): Promise<Session> {
    const temporaryFolder = await makeTemporaryFolder(join(projectDir, ".scenario", "tmp"));
    const { duckDb, instance } = await openInstance({
      memory_limit: options.memoryLimit ?? `${defaultMemoryMiB()}MiB`,
      threads: String(options.threads ?? availableParallelism()),
      temp_directory: temporaryFolder,
    });
    const catalog = options.database === undefined ? null : basename(options.database, extname(options.database));
    const session = new Session(duckDb, instance, { catalog, temporaryFolder, searchPath: projectDir });
    if (options.database !== undefined && catalog !== null) {
      await session.#attach(resolve(projectDir, options.database), catalog);
    }
    return session;
  }

  async #attach(path: string, catalog: string): Promise<void> {
    const connection = await this.#instance.connect();
    try {
      await connection.run(`attach ${quoteLiteral(path)} as ${quoteIdentifier(catalog)} (read_only)`);
    } catch (error) {
      connection.closeSync();
      await this.close();
      const reason = error instanceof Error ? error.message : String(error);
      throw new DataError(
        "STREAM_NOT_FOUND",
        `the database ${path} can't be opened: ${reason}`,
        { file: path },
        { cause: error },
      );
    }
    connection.closeSync();
  }

  /** A connection of its own: queries on one connection wait for each other, and end each other's streams. */
  async lease(context: ErrorContext, signal?: AbortSignal): Promise<Lease> {
    if (!this.#isOpen) throw new DataError("ENGINE", "the engine was disposed");
    throwIfAborted(signal);
    const opening = this.#connect();
    this.#opening.add(opening);
    const connection = await opening.finally(() => this.#opening.delete(opening));
    const lease = new Lease(this.duckDb, connection, context, signal, () => this.#leases.delete(lease));
    this.#leases.add(lease);
    if (!this.#isOpen) await lease.stop();
    return lease;
  }

  async #connect(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    await connection.run("set errors_as_json = true");
    await connection.run("set timezone = 'UTC'");
    await connection.run(`set file_search_path = ${quoteLiteral(this.#searchPath)}`);
    if (this.catalog !== null) await connection.run(`use ${quoteIdentifier(this.catalog)}`);
    return connection;
  }

  /** Interrupts what runs and waits for it: closing the database under a running query ends the whole process. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    while (this.#opening.size > 0) await Promise.allSettled(this.#opening);
    while (this.#leases.size > 0) await Promise.all([...this.#leases].map((lease) => lease.stop()));
    this.#instance.closeSync();
    await rm(this.#temporaryFolder, { recursive: true, force: true });
  }
}

async function openInstance(settings: Record<string, string>): Promise<{ duckDb: DuckDb; instance: DuckDBInstance }> {
  try {
    const duckDb = await loadDuckDb();
    return { duckDb, instance: await duckDb.api.DuckDBInstance.create(":memory:", settings) };
  } catch (error) {
    await rm(settings.temp_directory, { recursive: true, force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError("ENGINE", `the embedded engine, DuckDB, can't be started: ${reason}`, {}, { cause: error });
  }
}

/** A quarter of the memory, for the executors need the rest; at most 2 GiB, beyond which sorting on disk is as good. */
function defaultMemoryMiB(): number {
  return Math.max(256, Math.min(2048, Math.floor(totalmem() / 4 / 2 ** 20)));
}

/** A folder of this process below `parent`, or below the system's where the project is read-only. */
async function makeTemporaryFolder(parent: string): Promise<string> {
  await removeLeftovers(parent);
  const prefix = `duckdb-${process.pid}-`;
  try {
    await mkdir(parent, { recursive: true });
    return await mkdtemp(join(parent, prefix));
  } catch {
    return mkdtemp(join(tmpdir(), `scenario-${prefix}`));
  }
}

/** Removes what processes left that were killed. */
async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const pid = /^duckdb-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** For the few statements that take no parameters. */
function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
