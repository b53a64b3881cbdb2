import { type Column, numeric } from "../table/column.ts";
import type { Table } from "../table/table.ts";
import { learnLevels, levelIndex, matchLevels, missingLevel, unknownLevel } from "./category-levels.ts";
import { columnsToEncode, requireColumns } from "./column-choice.ts";
import { NotFittedError, type Params, type Transformer } from "./estimator.ts";
import { OptionCheck } from "./option.ts";
import { type ModelState, StateReader } from "./state.ts";
import { InvalidInputError } from "./training-input.ts";

const unknownHandling = ["use_encoded_value", "error"] as const;

export interface OrdinalEncoderOptions {
  /** Columns to encode, text or numbers. Default: all text columns. */
  readonly columns?: readonly string[];
  /** A category that training did not have: "use_encoded_value" gives `unknownValue`, "error" throws. Default the first. */
  readonly handleUnknown?: (typeof unknownHandling)[number];
  /** -1 or lower, or NaN (missing). Default NaN, which forests take as a value of its own. */
  readonly unknownValue?: number;
  /** What missing values become. Default NaN. */
  readonly encodedMissingValue?: number;
}

interface Encoding {
  readonly column: string;
  readonly levels: readonly string[];
}

/**
 * Replaces each category by its number 0, 1, 2... in sorted order (numbers by size), in place; other columns pass
 * through. Categories are matched by text. scikit-learn's `OrdinalEncoder`, which by default throws for unknown ones.
 */
export class OrdinalEncoder implements Transformer {
  static readonly name = "OrdinalEncoder";
  readonly columns: readonly string[] | null;
  readonly handleUnknown: (typeof unknownHandling)[number];
  readonly unknownValue: number;
  readonly encodedMissingValue: number;
  #encodings: readonly Encoding[] | null = null;

  /** @throws InvalidOptionError */
  constructor(options: OrdinalEncoderOptions = {}) {
    const check = new OptionCheck(OrdinalEncoder.name);
    this.columns = options.columns ?? null;
    this.handleUnknown = check.oneOf("handleUnknown", options.handleUnknown ?? "use_encoded_value", unknownHandling);
    const unknownValue = options.unknownValue ?? Number.NaN;
    const apart = Number.isNaN(unknownValue) || (Number.isInteger(unknownValue) && unknownValue < 0);
    this.unknownValue = check.that("unknownValue", unknownValue, apart, "NaN or a whole number below 0");
    this.encodedMissingValue = options.encodedMissingValue ?? Number.NaN;
  }

  getParams(): Params {
    return {
      columns: this.columns === null ? null : this.columns.join(","),
      handleUnknown: this.handleUnknown,
      unknownValue: this.unknownValue,
      encodedMissingValue: this.encodedMissingValue,
    };
  }

  /** @throws InvalidInputError when one of `columns` is not there. */
  fit(features: Table): this {
    this.#encodings = columnsToEncode(features, this.columns, OrdinalEncoder.name).map((column) => ({
      column,
      levels: learnLevels(features.get(column)).levels,
    }));
    return this;
  }

  /** @throws InvalidInputError when a column is gone, or for an unknown category with `handleUnknown: "error"`. */
  transform(features: Table): Table {
    const encodings = this.#fitted();
    requireColumns(
      features,
      encodings.map((encoding) => encoding.column),
      OrdinalEncoder.name,
    );
    return features.with(
      encodings.map(({ column, levels }): [string, Column] => [
        column,
        numeric(this.#encode(column, matchLevels(features.get(column), levelIndex(levels)))),
      ]),
    );
  }

  #encode(column: string, matched: Int32Array): Float64Array {
    const values = new Float64Array(matched.length);
    for (let row = 0; row < matched.length; row++) {
      const level = matched[row];
      if (level === unknownLevel && this.handleUnknown === "error") {
        throw new InvalidInputError(
          `OrdinalEncoder: row ${row} of column "${column}" has a category that training did not have`,
        );
      }
      values[row] =
        level === unknownLevel ? this.unknownValue : level === missingLevel ? this.encodedMissingValue : level;
    }
    return values;
  }

  toState(): ModelState {
    return {
      ...this.getParams(),
      columns: this.columns,
      encodings: this.#fitted().map((encoding) => ({ ...encoding })),
    };
  }

  static fromState(state: ModelState): OrdinalEncoder {
    const fields = new StateReader(state, OrdinalEncoder.name);
    const check = new OptionCheck(OrdinalEncoder.name);
    const encoder = new OrdinalEncoder({
      ...(fields.any("columns") === null ? {} : { columns: fields.strings("columns") }),
      handleUnknown: check.oneOf("handleUnknown", fields.string("handleUnknown"), unknownHandling),
      unknownValue: fields.number("unknownValue"),
      encodedMissingValue: fields.number("encodedMissingValue"),
    });
    encoder.#encodings = fields.list("encodings").map((item) => {
      const encoding = new StateReader(item, OrdinalEncoder.name);
      return { column: encoding.string("column"), levels: encoding.strings("levels") };
    });
    return encoder;
  }

  #fitted(): readonly Encoding[] {
    if (this.#encodings === null) throw new NotFittedError(OrdinalEncoder.name);
    return this.#encodings;
  }
}
