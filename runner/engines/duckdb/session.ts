import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { basename, extname, join, resolve } from "node:path";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBResult, JS } from "@duckdb/node-api";
import type { DuckDbOptions } from "../../data/engines.ts";
import { quoteIdentifier } from "../../data/sql.ts";
import { DataError } from "../data-error.ts";
import type { EngineColumn } from "../engine.ts";
import { dataErrorFrom, type ErrorContext } from "./errors.ts";
import { type DuckDb, loadDuckDb } from "./native.ts";
import { Statement } from "./statement.ts";

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
    const duckDb = await loadDuckDb();
    const temporaryFolder = await makeTemporaryFolder(join(projectDir, ".scenario", "tmp"));
    const instance = await duckDb.api.DuckDBInstance.create(":memory:", {
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
    const lease = new Lease(connection, context, signal, () => this.#leases.delete(lease));
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

/** One connection for one operation. */
export class Lease implements Disposable {
  readonly connection: DuckDBConnection;
  readonly #context: ErrorContext;
  readonly #signal: AbortSignal | undefined;
  readonly #onDispose: () => void;
  readonly #interrupt = (): void => {
    if (!this.#isClosed) this.connection.interrupt();
  };
  #running: Promise<unknown> = Promise.resolve();
  #isStopped = false;
  #isClosed = false;

  constructor(
    connection: DuckDBConnection,
    context: ErrorContext,
    signal: AbortSignal | undefined,
    onDispose: () => void,
  ) {
    this.connection = connection;
    this.#context = context;
    this.#signal = signal;
    this.#onDispose = onDispose;
    signal?.addEventListener("abort", this.#interrupt);
  }

  /** The columns of a statement's result. */
  columns(statement: Statement): Promise<EngineColumn[]> {
    return this.#do(statement, async () => columnsOf(await this.connection.run(statement.text, statement.values)));
  }

  /** All rows of a small result. */
  rows(statement: Statement): Promise<JS[][]> {
    return this.#do(statement, async () => (await this.connection.run(statement.text, statement.values)).getRowsJS());
  }

  /** Runs a statement whose rows are computed as they are fetched. */
  stream(statement: Statement): Promise<DuckDBResult> {
    return this.#do(statement, () => this.connection.stream(statement.text, statement.values));
  }

  /** The next rows, or null after the last. */
  async fetch(result: DuckDBResult, statement: Statement): Promise<DuckDBDataChunk | null> {
    const chunk = await this.#do(statement, () => result.fetchChunk());
    return chunk === null || chunk.rowCount === 0 ? null : chunk;
  }

  /** How many statements is the text? @throws DataError when it can't be parsed. */
  async countStatements(statement: Statement): Promise<number> {
    return (await this.#do(statement, () => this.connection.extractStatements(statement.text))).count;
  }

  /** A table of text columns `c0`, `c1`, ... that lasts as long as the lease. Returns its name as SQL. */
  async temporaryTable(rows: readonly (readonly string[])[], numColumns: number): Promise<string> {
    const columns = Array.from({ length: numColumns }, (_, index) => `c${index} varchar`).join(", ");
    const create = new Statement().add(`create temp table scenarios (${columns})`);
    await this.rows(create);
    const appender = await this.#do(create, () => this.connection.createAppender("scenarios", "main", "temp"));
    for (const row of rows) {
      for (const text of row) appender.appendVarchar(text);
      appender.endRow();
    }
    appender.closeSync();
    return "temp.main.scenarios";
  }

  /** Everything asynchronous goes through here, so that `stop` can wait for it. */
  async #do<T>(statement: Statement, work: () => Promise<T>): Promise<T> {
    this.#throwIfStopped();
    const running = work();
    this.#running = running.catch(() => undefined);
    try {
      const result = await running;
      this.#throwIfStopped(); // its memory may be gone
      return result;
    } catch (error) {
      this.#throwIfStopped();
      throw dataErrorFrom(error, statement, this.#context);
    }
  }

  #throwIfStopped(): void {
    throwIfAborted(this.#signal);
    if (this.#isStopped) throw new DataError("ABORTED", "the engine was disposed while the query ran");
  }

  /** Interrupts what runs, waits for its end and closes. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#interrupt();
    await this.#running;
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#signal?.removeEventListener("abort", this.#interrupt);
    this.#onDispose();
    this.connection.closeSync();
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new DataError("ABORTED", "reading the data was interrupted", {}, { cause: signal.reason });
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

/** Result columns with their types as DuckDB writes them. */
function columnsOf(result: DuckDBResult): EngineColumn[] {
  return Array.from({ length: result.columnCount }, (_, index) => ({
    name: result.columnName(index),
    sqlType: String(result.columnType(index)),
  }));
}
