import type { DataDescription } from "../../data/description.ts";
import { type KeyValue, type ScenarioKey, ScenarioKeyError } from "../../data/scenario.ts";
import { quoteIdentifier } from "../../data/sql.ts";
import { DataError } from "../data-error.ts";
import type { MasterSet, Selection } from "../engine.ts";
import type { Lease } from "./lease.ts";
import { checkDeclaredColumns, type SelectedColumn, selectColumns } from "./master-columns.ts";
import { addSources, type Source } from "./sources.ts";
import { Statement } from "./statement.ts";
import { escapeGlob } from "./stream-files.ts";

/** Name of the relation that the statements below select from. */
const MASTER = quoteIdentifier("(master)");

/** Composes statements over one master table of a project. */
export class MasterStatements {
  readonly #data: DataDescription;
  readonly #sources: readonly Source[];
  readonly #catalog: string | null;

  constructor(data: DataDescription, sources: readonly Source[], catalog: string | null) {
    this.#data = data;
    this.#sources = sources;
    this.#catalog = catalog;
  }

  /** `with <streams>, "(master)" as (<the user's SQL, or the snapshot's file>)`. */
  #withMaster(set: MasterSet, selection: Selection): Statement {
    const statement = new Statement();
    if (selection.snapshot !== undefined) {
      const path = escapeGlob(selection.snapshot.path);
      return statement.add(`with ${MASTER} as (select * from read_parquet([`).value(path).add("]))\n");
    }
    const query = set === "training" ? this.#data.trainingMaster : this.#data.predictionMaster;
    if (query === null) {
      const message = `${this.#data.className} has no predictionMaster(); add one to say which rows are to be predicted`;
      throw new DataError("NO_PREDICTION_MASTER", message, { query: "predictionMaster()" });
    }
    addSources(statement, this.#sources, this.#catalog);
    statement.add(this.#sources.length === 0 ? `with ${MASTER} as ` : `, ${MASTER} as `);
    return statement.query(query, `${set}Master()`).add("\n");
  }

  /** Columns of the master table; it is planned, not run. */
  async columns(set: MasterSet, selection: Selection, lease: Lease): Promise<SelectedColumn[]> {
    const statement = this.#withMaster(set, selection).add(`select * from ${MASTER} limit 0`);
    const query = `${this.#data.className}.${set}Master()`;
    const columns = selectColumns(await lease.columns(statement), query);
    checkDeclaredColumns(this.#data, set, columns);
    return columns;
  }

  /** `select <columns> from <the selected rows of the master table>`, to be continued. */
  async select(
    set: MasterSet,
    selection: Selection,
    master: readonly SelectedColumn[],
    columns: string,
    lease: Lease,
  ): Promise<Statement> {
    const statement = this.#withMaster(set, selection).add(`select ${columns}\nfrom (select `);
    statement.add(master.map(({ expression }) => expression).join(", ")).add(` from ${MASTER})`);
    const { where, scenarios } = selection;
    if (where !== undefined) {
      await checkIsOneExpression(where, lease);
      statement.add("\nwhere ").userText(where, "--where");
    }
    if (scenarios === undefined) return statement;
    statement.add(where === undefined ? "\nwhere " : "\nand ");
    const keys = this.#data.scenarioKey.map((name) => master.find((column) => column.name === name)!);
    if (scenarios.length === 1) addScenario(statement, keys, scenarios[0]);
    else await addScenarioTable(statement, keys, scenarios, lease);
    return statement;
  }

  /** SQL that is true for rows without a complete key. */
  get isNullKey(): string {
    return `(${this.#data.scenarioKey.map((name) => `${quoteIdentifier(name)} is null`).join(" or ")})`;
  }

  get keyList(): string {
    return this.#data.scenarioKey.map(quoteIdentifier).join(", ");
  }

  /**
   * Rows without a key last, so that a stream can stop at the first of them; then by key and time. Rows of the same time
   * are put into one order too, by a hash of all their values, so that two runs with the same seed see the same rows.
   */
  order(columns: readonly SelectedColumn[]): string {
    const time = this.#data.time === null ? "" : `, ${quoteIdentifier(this.#data.time)}`;
    const values = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
    return `order by ${this.isNullKey}, ${this.keyList}${time}, hash(${values})`;
  }
}

/** `--where` must not smuggle in a second statement, were it only by a typing mistake. */
async function checkIsOneExpression(where: string, lease: Lease): Promise<void> {
  const statement = new Statement().add("select 1 where ").userText(where, "--where");
  const count = await lease.countStatements(statement);
  if (count !== 1)
    throw new DataError("SQL", `--where must be one boolean expression, but "${where}" holds several statements`, {
      query: "--where",
    });
}

/** One scenario is a plain condition, which DuckDB pushes down through joins and groups into Parquet files. */
function addScenario(statement: Statement, keys: readonly SelectedColumn[], scenario: ScenarioKey): void {
  keys.forEach(({ name, sqlType }, index) => {
    statement
      .add(index === 0 ? "" : " and ")
      .identifier(name)
      .add(" = ")
      .keyValue(keyText(scenario, name), sqlType);
  });
}

/** Several go into a temporary table, as data: faster than a chain of `or`, and there may be thousands. */
async function addScenarioTable(
  statement: Statement,
  keys: readonly SelectedColumn[],
  scenarios: readonly ScenarioKey[],
  lease: Lease,
): Promise<void> {
  const rows = scenarios.map((scenario) => keys.map(({ name }) => keyText(scenario, name)));
  const table = await lease.temporaryTable(rows, keys.length);
  const wanted = keys.map(({ sqlType }, index) => `cast(c${index} as ${sqlType})`).join(", ");
  const given = keys.map(({ name }) => quoteIdentifier(name)).join(", ");
  statement.add(`(${given}) in (select (${wanted}) from ${table})`);
}

function keyText(scenario: ScenarioKey, name: string): string {
  const value: KeyValue | undefined = scenario[name];
  if (value !== undefined) return String(value);
  throw new ScenarioKeyError(`the scenario ${JSON.stringify(scenario)} has no value for the key column "${name}"`);
}
