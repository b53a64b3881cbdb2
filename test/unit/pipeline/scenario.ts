import { scenarioId } from "../../../runner/data/scenario.ts";
import type { ColumnRoles, ScenarioContext } from "../../../runner/pipeline/context.ts";
import { type Column, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

const roles: ColumnRoles = {
  scenarioKey: ["store"],
  time: "week",
  target: "sales",
  horizon: 1,
  step: null,
  seasonLength: 1,
  task: null,
};

/** A context as an executor makes it, with the warnings that the stages gave. */
export interface TestContext extends ScenarioContext {
  readonly warnings: string[];
}

export function contextWith(columns: Partial<ColumnRoles> = {}, seed = 0): TestContext {
  const warnings: string[] = [];
  const key = { store: 2 };
  return {
    scenario: { id: scenarioId(key), key },
    columns: { ...roles, ...columns },
    seed,
    numThreads: 1,
    warn: (message) => warnings.push(message),
    warnings,
  };
}

/** Weeks 0, 1, 2... of one store with a target, and whatever columns are given. */
export function weekly(sales: readonly number[], columns: Readonly<Record<string, Column>> = {}): Table {
  return new Table({
    store: numeric(new Float64Array(sales.length).fill(2), "integer"),
    week: numeric(
      Float64Array.from(sales, (_, week) => week),
      "integer",
    ),
    sales: numeric(Float64Array.from(sales)),
    ...columns,
  });
}

/** A seeded series with a slope and noise, and a price that explains a part of it. */
export function priced(numRows: number): Table {
  const price = Float64Array.from({ length: numRows }, (_, row) => 1 + ((row * 7) % 5) / 4);
  const sales = Array.from(price, (value, row) => 20 - 4 * value + ((row * 37) % 11) / 5 + row / 10);
  return weekly(sales, { price: numeric(price) });
}
