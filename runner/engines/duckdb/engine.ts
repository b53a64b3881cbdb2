import type { Table as ArrowTable } from "apache-arrow";
import type { DataDescription } from "../../data/description.ts";
import type { DuckDbOptions } from "../../data/engines.ts";
import { quoteIdentifier } from "../../data/sql.ts";
import { DataError } from "../data-error.ts";
import type {
  BatchOptions,
  Engine,
  MasterColumn,
  MasterSet,
  Pages,
  ScenarioBatch,
  ScenarioSummary,
  Selection,
  StreamDescription,
} from "../engine.ts";
import type { Snapshot } from "../snapshot.ts";
import { ChunkReader } from "./chunk-reader.ts";
import type { ChunkStream, Lease } from "./lease.ts";
import type { SelectedColumn } from "./master-columns.ts";
import { MasterStatements } from "./master-statement.ts";
import { scenarioBatches } from "./scenario-batches.ts";
import { listingPages, listingSelect } from "./scenario-listing.ts";
import { Session } from "./session.ts";
import { writeSnapshot } from "./snapshot-writing.ts";
import { describeSources, findSources, type Source } from "./sources.ts";

const DEFAULT_TARGET_ROWS = 10_000;
const DEFAULT_PREVIEW_ROWS = 100;

/**
 * The embedded engine for a project's data. Nothing is loaded or opened before the first call; the files of the streams
 * are looked up then, once: for files that come later make a new engine.
 *
 * @param projectDir absolute; relative stream paths start here, and spilled rows go to `.scenario/tmp` in it.
 */
export function createDuckDbEngine(setup: {
  readonly data: DataDescription;
  readonly projectDir: string;
  readonly options?: DuckDbOptions;
}): Engine {
  return new DuckDbEngine(setup.data, setup.projectDir, setup.options ?? {});
}

/** What every operation begins with. */
interface Opened {
  readonly session: Session;
  readonly lease: Lease;
  readonly sources: readonly Source[];
  readonly statements: MasterStatements;
}

class DuckDbEngine implements Engine {
  readonly kind = "duckdb";
  readonly #data: DataDescription;
  readonly #projectDir: string;
  readonly #options: DuckDbOptions;
  #session: Promise<Session> | null = null;
  #sources: readonly Source[] | null = null;
  #isDisposed = false;

  constructor(data: DataDescription, projectDir: string, options: DuckDbOptions) {
    this.#data = data;
    this.#projectDir = projectDir;
    this.#options = options;
  }

  async #open(signal: AbortSignal | undefined): Promise<Opened> {
    if (this.#isDisposed) throw new DataError("ENGINE", "the engine was disposed");
    this.#session ??= Session.open(this.#projectDir, this.#options);
    const session = await this.#session.catch((error: unknown) => {
      this.#session = null; // what was wrong may be put right
      throw error;
    });
    const context = { className: this.#data.className, streams: this.#sources ?? [] };
    if (this.#sources === null) {
      using finding = await session.lease(context, signal);
      this.#sources = await findSources(this.#data, this.#projectDir, finding);
    }
    const sources = this.#sources;
    const lease = await session.lease({ ...context, streams: sources }, signal);
    return { session, lease, sources, statements: new MasterStatements(this.#data, sources, session.catalog) };
  }

  async describeStreams(signal?: AbortSignal): Promise<StreamDescription[]> {
    const { session, lease, sources } = await this.#open(signal);
    using _ = lease;
    return await describeSources(sources, session.catalog, lease);
  }

  async schema(set: MasterSet = "training", signal?: AbortSignal): Promise<MasterColumn[]> {
    const { lease, statements } = await this.#open(signal);
    using _ = lease;
    const columns = await statements.columns(set, {}, lease);
    return columns.map(({ name, sqlType, keyType }) => ({ name, sqlType, keyType }));
  }

  async count(selection: Selection = {}): Promise<number> {
    const { lease, statements } = await this.#open(selection.signal);
    using _ = lease;
    const set = selection.set ?? "training";
    const columns = await statements.columns(set, selection, lease);
    const statement = await statements.select(set, selection, columns, "count(*)", lease);
    const [[count]] = await lease.rows(statement);
    return Number(count);
  }

  list(selection: Selection & { readonly limit?: number } = {}): Pages<readonly ScenarioSummary[]> {
    const data = this.#data;
    return this.#pages(selection, (count, opened, set, columns) =>
      this.#list(count, opened, set, columns, data, selection),
    );
  }

  async *#list(
    onNullKeyRows: (count: number) => void,
    { lease, statements }: Opened,
    set: MasterSet,
    master: readonly SelectedColumn[],
    data: DataDescription,
    selection: Selection & { readonly limit?: number },
  ): AsyncGenerator<readonly ScenarioSummary[]> {
    const select = listingSelect(data, master, statements.isNullKey);
    const statement = await statements.select(set, selection, master, select, lease);
    statement.add(`\ngroup by ${statements.keyList} order by ${statements.isNullKey}, ${statements.keyList}`);
    if (selection.limit !== undefined) statement.add("\nlimit ").value(selection.limit);
    yield* listingPages(await lease.stream(statement), data.scenarioKey, onNullKeyRows);
  }

  batches(options: BatchOptions = {}): Pages<ScenarioBatch> {
    return this.#pages(options, (count, opened, set, columns) => this.#batches(count, opened, set, columns, options));
  }

  async *#batches(
    onNullKeyRows: (count: number) => void,
    opened: Opened,
    set: MasterSet,
    columns: readonly SelectedColumn[],
    options: BatchOptions,
  ): AsyncGenerator<ScenarioBatch> {
    const rows = await this.#streamRows(opened, set, columns, options);
    yield* scenarioBatches(rows, this.#data.scenarioKey, options.targetRows ?? DEFAULT_TARGET_ROWS, onNullKeyRows);
  }

  /** Starts the query for whole rows, sorted. */
  async #streamRows(
    { lease, statements }: Opened,
    set: MasterSet,
    columns: readonly SelectedColumn[],
    selection: Selection & { readonly limit?: number },
  ): Promise<ChunkStream> {
    const names = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
    const statement = await statements.select(set, selection, columns, names, lease);
    statement.add(`\n${statements.order(columns)}`);
    if (selection.limit !== undefined) statement.add("\nlimit ").value(selection.limit);
    return lease.stream(statement);
  }

  /** A generator of pages with the count of keyless rows beside it, and an error where nothing at all came. */
  #pages<T>(
    selection: Selection,
    generate: (
      onNullKeyRows: (count: number) => void,
      opened: Opened,
      set: MasterSet,
      columns: readonly SelectedColumn[],
    ) => AsyncGenerator<T>,
  ): Pages<T> {
    let nullKeyRows = 0;
    const open = (): Promise<Opened> => this.#open(selection.signal);
    const set = selection.set ?? "training";
    const isNarrowed = selection.where !== undefined || selection.scenarios !== undefined;
    const emptyError = (): DataError => emptyMaster(this.#data, set, nullKeyRows);
    async function* iterate(): AsyncGenerator<T> {
      nullKeyRows = 0;
      const opened = await open();
      using lease = opened.lease;
      const columns = await opened.statements.columns(set, selection, lease);
      let isEmpty = true;
      const count = (rows: number): void => {
        nullKeyRows += rows;
      };
      for await (const page of generate(count, opened, set, columns)) {
        isEmpty = false;
        yield page;
      }
      if (isEmpty && !isNarrowed) throw emptyError();
    }
    return {
      [Symbol.asyncIterator]: iterate,
      get nullKeyRows() {
        return nullKeyRows;
      },
    };
  }

  async preview(selection: Selection & { readonly limit?: number } = {}): Promise<ArrowTable> {
    const opened = await this.#open(selection.signal);
    using lease = opened.lease;
    const set = selection.set ?? "training";
    const columns = await opened.statements.columns(set, selection, lease);
    const limit = selection.limit ?? DEFAULT_PREVIEW_ROWS;
    const stream = await this.#streamRows(opened, set, columns, { ...selection, limit });
    const reader = new ChunkReader(stream.duckDb, stream.columns);
    for (let chunk = await stream.next(); chunk !== null; chunk = await stream.next()) {
      reader.append(chunk, chunk.rowCount);
    }
    return reader.table(reader.numRows);
  }

  async snapshot(options: {
    readonly dir: string;
    readonly set?: MasterSet;
    readonly signal?: AbortSignal;
  }): Promise<Snapshot> {
    const { lease, statements } = await this.#open(options.signal);
    using _ = lease;
    const set = options.set ?? "training";
    const columns = await statements.columns(set, {}, lease);
    return await writeSnapshot({ data: this.#data, set, columns, statements, lease, dir: options.dir });
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const session = await this.#session?.catch(() => null);
    await session?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

function emptyMaster(data: DataDescription, set: MasterSet, nullKeyRows: number): DataError {
  const query = `${set}Master()`;
  const reason =
    nullKeyRows === 0
      ? "has no rows; check its joins and filters"
      : `has ${nullKeyRows} rows, but in all of them a column of the scenario key (${data.scenarioKey.join(", ")}) is missing`;
  return new DataError("EMPTY", `${data.className}.${query} ${reason}`, { query });
}
