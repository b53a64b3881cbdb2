import type { Table } from "../table/table.ts";
import { type Estimator, type FitOptions, NotFittedError, type Params } from "./estimator.ts";
import { InvalidOptionError, OptionCheck } from "./option.ts";
import { type ModelState, StateReader } from "./state.ts";
import { checkTraining, InvalidInputError } from "./training-input.ts";
import { weightedMedian } from "./weighted-statistics.ts";

export interface SeasonalNaiveOptions {
  /** Rows in one season, when there is no `column`; 1 repeats the last value. Default 1. */
  readonly period?: number;
  /** A feature that already holds the value of one season ago, such as a lag of the target. */
  readonly column?: string;
}

/**
 * Says that what was seen a season ago comes again: the baseline that a forecast must beat.
 *
 * - With `column` (a lag feature) every row is predicted by that column's value. This is the right form when rows have
 *   gaps or when the horizon is known: the lag was computed so that it is known at the time of the forecast. Where the
 *   value is missing or infinite, the median of the training target stands in.
 * - Without it, training rows must be in the order of time and the rows to predict must follow them without a gap: row i
 *   gets the target of row `i mod period` of the last `period` training rows (fewer, where training had fewer).
 *
 * @example
 * new SeasonalNaive({ column: "lag 52" }).fit(train, sales).predict(test);
 */
export class SeasonalNaive implements Estimator {
  static readonly name = "SeasonalNaive";
  readonly period: number | null;
  readonly column: string | null;
  #learnt: { readonly lastSeason: Float64Array; readonly median: number } | null = null;

  /** @throws InvalidOptionError */
  constructor(options: SeasonalNaiveOptions = {}) {
    if (options.column !== undefined && options.period !== undefined) {
      throw new InvalidOptionError(SeasonalNaive.name, "period", options.period, "left out when column is given");
    }
    this.column = options.column ?? null;
    this.period =
      this.column === null ? new OptionCheck(SeasonalNaive.name).count("period", options.period ?? 1) : null;
  }

  getParams(): Params {
    return { period: this.period, column: this.column };
  }

  /** @param features needs `column`, if one is set. @throws InvalidInputError */
  fit(features: Table, target: Float64Array, options: FitOptions = {}): this {
    const { weight } = checkTraining(features, target, options.sampleWeight, SeasonalNaive.name);
    if (this.column !== null) seasonColumn(features, this.column);
    const lastSeason = this.period === null ? new Float64Array(0) : target.slice(-this.period);
    this.#learnt = { lastSeason, median: weightedMedian(target, weight) };
    return this;
  }

  predict(features: Table): Float64Array {
    const { lastSeason, median } = this.#fitted();
    const predictions = new Float64Array(features.numRows);
    if (this.column === null) {
      for (let row = 0; row < predictions.length; row++) predictions[row] = lastSeason[row % lastSeason.length];
      return predictions;
    }
    const values = seasonColumn(features, this.column);
    for (let row = 0; row < predictions.length; row++) {
      predictions[row] = Number.isFinite(values[row]) ? values[row] : median;
    }
    return predictions;
  }

  toState(): ModelState {
    return { period: this.period, column: this.column, ...this.#fitted() };
  }

  static fromState(state: ModelState): SeasonalNaive {
    const fields = new StateReader(state, SeasonalNaive.name);
    const model = new SeasonalNaive(
      fields.any("column") === null ? { period: fields.number("period") } : { column: fields.string("column") },
    );
    model.#learnt = { lastSeason: fields.array("lastSeason", Float64Array), median: fields.number("median") };
    return model;
  }

  #fitted() {
    if (this.#learnt === null) throw new NotFittedError(SeasonalNaive.name);
    return this.#learnt;
  }
}

function seasonColumn(features: Table, name: string): Float64Array {
  const column = features.has(name) ? features.get(name) : undefined;
  if (column?.kind !== "numeric") {
    throw new InvalidInputError(
      `SeasonalNaive predicts from the numeric column "${name}"; the table has ${features.names.join(", ")}`,
    );
  }
  return column.values;
}
