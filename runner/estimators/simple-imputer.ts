import { type Column, categorical, type NumericColumn, numeric } from "../table/column.ts";
import type { Table } from "../table/table.ts";
import { learnLevels } from "./category-levels.ts";
import { requireColumns, uniqueName } from "./column-choice.ts";
import { NotFittedError, type Params, type Transformer } from "./estimator.ts";
import { OptionCheck } from "./option.ts";
import { type ModelState, StateReader } from "./state.ts";
import { InvalidInputError } from "./training-input.ts";
import { weightedMean, weightedMedian } from "./weighted-statistics.ts";

const strategies = ["median", "mean", "most_frequent", "constant"] as const;
type Strategy = (typeof strategies)[number];

/** Fills text where nothing else is known. */
const missingText = "missing";

export interface SimpleImputerOptions {
  /**
   * What numbers are filled with. Text gets the most frequent category (the first by code point of equals), or, with
   * "constant", `fillValue`. Default "median" (scikit-learn: "mean").
   */
  readonly strategy?: Strategy;
  /** For "constant": a number fills numbers, a string fills text; the others get 0 and "missing". */
  readonly fillValue?: number | string;
  /** Adds a column `missingindicator_<name>` of 0 and 1 for each column that had gaps in training. Default false. */
  readonly addIndicator?: boolean;
}

interface Fill {
  readonly column: string;
  readonly value: number | string;
  /** Name of the indicator column; null where there is none. */
  readonly indicator: string | null;
}

/**
 * Fills missing values: NaN and infinities of numeric columns, missing text. Columns without any value in training are
 * kept and filled with 0 or "missing" (scikit-learn's `keep_empty_features=True`). An integer column that is filled with a
 * fraction becomes a float column.
 */
export class SimpleImputer implements Transformer {
  static readonly name = "SimpleImputer";
  readonly strategy: Strategy;
  readonly fillValue: number | string | null;
  readonly addIndicator: boolean;
  #fills: readonly Fill[] | null = null;

  /** @throws InvalidOptionError */
  constructor(options: SimpleImputerOptions = {}) {
    const check = new OptionCheck(SimpleImputer.name);
    this.strategy = check.oneOf("strategy", options.strategy ?? "median", strategies);
    const fillValue = options.fillValue ?? null;
    const usable = fillValue === null || (this.strategy === "constant" && !isMissing(fillValue));
    this.fillValue = check.that("fillValue", fillValue, usable, 'a finite number or text, with strategy "constant"');
    this.addIndicator = check.boolean("addIndicator", options.addIndicator ?? false);
  }

  getParams(): Params {
    return { strategy: this.strategy, fillValue: this.fillValue, addIndicator: this.addIndicator };
  }

  fit(features: Table): this {
    const taken = new Set(features.names);
    const fills: Fill[] = [];
    for (const [name, column] of features.entries()) {
      const indicated = this.addIndicator && hasMissing(column);
      fills.push({
        column: name,
        value: column.kind === "numeric" ? this.#number(column.values) : this.#text(column),
        indicator: indicated ? uniqueName(`missingindicator_${name}`, taken) : null,
      });
    }
    this.#fills = fills;
    return this;
  }

  #number(values: Float64Array): number {
    if (this.strategy === "constant") return typeof this.fillValue === "number" ? this.fillValue : 0;
    const present = values.filter((value) => Number.isFinite(value));
    if (present.length === 0) return 0;
    if (this.strategy === "most_frequent") return mostFrequent(present);
    return this.strategy === "mean" ? weightedMean(present, null) : weightedMedian(present, null);
  }

  #text(column: Column): string {
    if (this.strategy === "constant") return typeof this.fillValue === "string" ? this.fillValue : missingText;
    const { levels, counts } = learnLevels(column);
    return levels.length === 0 ? missingText : levels[counts.indexOf(Math.max(...counts))];
  }

  /** Columns that were not there in training pass through. @throws InvalidInputError when one is gone. */
  transform(features: Table): Table {
    const fills = this.#fitted();
    requireColumns(
      features,
      fills.map((fill) => fill.column),
      SimpleImputer.name,
    );
    const columns: [string, Column][] = [];
    const indicators: [string, Column][] = [];
    for (const { column: name, value, indicator } of fills) {
      const column = features.get(name);
      columns.push([name, fillColumn(name, column, value)]);
      if (indicator !== null) indicators.push([indicator, missingMask(column)]);
    }
    return features.with([...columns, ...indicators]);
  }

  get featureSources(): Readonly<Record<string, string>> {
    const sources: [string, string][] = [];
    for (const { column, indicator } of this.#fitted()) if (indicator !== null) sources.push([indicator, column]);
    return Object.fromEntries(sources);
  }

  toState(): ModelState {
    return { ...this.getParams(), fills: this.#fitted().map((fill) => ({ ...fill })) };
  }

  static fromState(state: ModelState): SimpleImputer {
    const fields = new StateReader(state, SimpleImputer.name);
    const fillValue = fields.any("fillValue");
    const imputer = new SimpleImputer({
      strategy: new OptionCheck(SimpleImputer.name).oneOf("strategy", fields.string("strategy"), strategies),
      addIndicator: fields.boolean("addIndicator"),
      ...(typeof fillValue === "number" || typeof fillValue === "string" ? { fillValue } : {}),
    });
    imputer.#fills = fields.list("fills").map((item) => {
      const fill = new StateReader(item, SimpleImputer.name);
      return {
        column: fill.string("column"),
        value: typeof fill.any("value") === "number" ? fill.number("value") : fill.string("value"),
        indicator: fill.any("indicator") === null ? null : fill.string("indicator"),
      };
    });
    return imputer;
  }

  #fitted(): readonly Fill[] {
    if (this.#fills === null) throw new NotFittedError(SimpleImputer.name);
    return this.#fills;
  }
}

function isMissing(value: number | string): boolean {
  return typeof value === "number" && !Number.isFinite(value);
}

function hasMissing(column: Column): boolean {
  return column.kind === "numeric"
    ? column.values.some((value) => !Number.isFinite(value))
    : column.codes.some((code) => code < 0);
}

/** The most frequent number, the smallest of equals. */
function mostFrequent(values: Float64Array): number {
  const sorted = values.slice().sort();
  let best = sorted[0];
  let bestCount = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    if (end - start > bestCount) {
      best = sorted[start];
      bestCount = end - start;
    }
    start = end;
  }
  return best;
}

function fillColumn(name: string, column: Column, value: number | string): Column {
  if (column.kind === "numeric") {
    if (typeof value === "number") return fillNumbers(column, value);
    throw new InvalidInputError(`SimpleImputer: column "${name}" held text in training and holds numbers now`);
  }
  if (typeof value === "string") return hasMissing(column) ? fillText(column.codes, column.categories, value) : column;
  throw new InvalidInputError(`SimpleImputer: column "${name}" held numbers in training and holds text now`);
}

function fillNumbers(column: NumericColumn, value: number): NumericColumn {
  if (!hasMissing(column)) return column;
  const values = column.values.slice();
  for (let row = 0; row < values.length; row++) if (!Number.isFinite(values[row])) values[row] = value;
  return numeric(values, fits(column, value) ? column.type : "float");
}

function fits(column: NumericColumn, value: number): boolean {
  if (column.type === "integer") return Number.isInteger(value);
  return column.type !== "boolean" || value === 0 || value === 1;
}

function fillText(codes: Int32Array, categories: readonly string[], value: string): Column {
  const known = categories.indexOf(value);
  const code = known < 0 ? categories.length : known;
  const filled = codes.map((old) => (old < 0 ? code : old));
  return categorical(filled, known < 0 ? [...categories, value] : categories);
}

function missingMask(column: Column): NumericColumn {
  const mask =
    column.kind === "numeric"
      ? Float64Array.from(column.values, (value) => (Number.isFinite(value) ? 0 : 1))
      : Float64Array.from(column.codes, (code) => (code < 0 ? 1 : 0));
  return numeric(mask, "boolean");
}
