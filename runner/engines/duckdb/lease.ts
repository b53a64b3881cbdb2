import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult, JS } from "@duckdb/node-api";
import { DataError } from "../data-error.ts";
import type { EngineColumn } from "../engine.ts";
import { dataErrorFrom, type ErrorContext } from "./errors.ts";
import type { DuckDb } from "./native.ts";
import { Statement } from "./statement.ts";

/** Rows on their way. */
export interface ChunkStream {
  /** What the chunks really hold; their memory is read by it. */
  readonly columns: readonly EngineColumn[];
  readonly duckDb: DuckDb;
  /** The next rows, or null after the last. */
  next(): Promise<DuckDBDataChunk | null>;
}

/** One connection for one operation. */
export class Lease implements Disposable {
  readonly duckDb: DuckDb;
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
    duckDb: DuckDb,
    connection: DuckDBConnection,
    context: ErrorContext,
    signal: AbortSignal | undefined,
    onDispose: () => void,
  ) {
    this.duckDb = duckDb;
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
  async stream(statement: Statement): Promise<ChunkStream> {
    const result = await this.#do(statement, () => this.connection.stream(statement.text, statement.values));
    const next = async (): Promise<DuckDBDataChunk | null> => {
      const chunk = await this.#do(statement, () => result.fetchChunk());
      return chunk === null || chunk.rowCount === 0 ? null : chunk;
    };
    return { columns: columnsOf(result), duckDb: this.duckDb, next };
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

/** @throws DataError with the signal's reason as its cause. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new DataError("ABORTED", "reading the data was interrupted", {}, { cause: signal.reason });
}

/** Result columns with their types as DuckDB writes them. */
function columnsOf(result: DuckDBResult): EngineColumn[] {
  return Array.from({ length: result.columnCount }, (_, index) => ({
    name: result.columnName(index),
    sqlType: String(result.columnType(index)),
  }));
}
