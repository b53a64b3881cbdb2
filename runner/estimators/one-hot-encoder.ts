import { type Column, numeric } from "../table/column.ts";
import type { Table } from "../table/table.ts";
import { type Levels, learnLevels, levelIndex, matchLevels, missingLevel, unknownLevel } from "./category-levels.ts";
import { columnsToEncode, requireColumns, uniqueName } from "./column-choice.ts";
import { NotFittedError, type Params, type Transformer } from "./estimator.ts";
import { OptionCheck } from "./option.ts";
import { type ModelState, StateReader } from "./state.ts";
import { InvalidInputError } from "./training-input.ts";

const unknownHandling = ["ignore", "infrequent_if_exist", "error"] as const;

export interface OneHotEncoderOptions {
  /** Columns to encode, text or numbers. Default: all text columns. */
  readonly columns?: readonly string[];
  /**
   * A category that training did not have: "ignore" sets all columns to 0, "infrequent_if_exist" counts it among the
   * infrequent ones, "error" throws. Default "ignore".
   */
  readonly handleUnknown?: (typeof unknownHandling)[number];
  /** Most output columns for one input column; the least frequent categories share one of them. Default 32. */
  readonly maxCategories?: number;
  /** Whether missing values are all zeros instead of a category `<column>=missing` of their own. Default false. */
  readonly dropMissing?: boolean;
}

/** How one input column is encoded. */
interface Encoding {
  readonly column: string;
  /** Names of the output columns. */
  readonly outputs: readonly string[];
  /** Categories of training, sorted, and which output each has. */
  readonly levels: readonly string[];
  readonly outputOf: Int32Array;
  /** Output of missing values; -1: none. */
  readonly missingOutput: number;
  /** Output of the infrequent categories; -1: none. */
  readonly infrequentOutput: number;
}

/**
 * Replaces each category column by columns of 0 and 1 named `store=12`, put after the others, which pass
 * through. The least frequent categories are put in `store=infrequent` by scikit-learn's rule (`max_categories`), so
 * that a column of ten thousand categories stays bounded. Categories are matched by text.
 *
 * @example
 * new OneHotEncoder().fit(table).transform(table).names; // ["price", "store=2", "store=5"]
 */
export class OneHotEncoder implements Transformer {
  static readonly name = "OneHotEncoder";
  readonly columns: readonly string[] | null;
  readonly handleUnknown: (typeof unknownHandling)[number];
  readonly maxCategories: number;
  readonly dropMissing: boolean;
  #encodings: readonly Encoding[] | null = null;

  /** @throws InvalidOptionError */
  constructor(options: OneHotEncoderOptions = {}) {
    const check = new OptionCheck(OneHotEncoder.name);
    this.columns = options.columns ?? null;
    this.handleUnknown = check.oneOf("handleUnknown", options.handleUnknown ?? "ignore", unknownHandling);
    this.maxCategories = check.count("maxCategories", options.maxCategories ?? 32);
    this.dropMissing = check.boolean("dropMissing", options.dropMissing ?? false);
  }

  getParams(): Params {
    return {
      columns: this.columns === null ? null : this.columns.join(","),
      handleUnknown: this.handleUnknown,
      maxCategories: this.maxCategories,
      dropMissing: this.dropMissing,
    };
  }

  /** @throws InvalidInputError when one of `columns` is not there. */
  fit(features: Table): this {
    const columns = columnsToEncode(features, this.columns, OneHotEncoder.name);
    const taken = new Set(features.names.filter((name) => !columns.includes(name)));
    this.#encodings = columns.map((column) =>
      encode(column, learnLevels(features.get(column)), this.maxCategories, this.dropMissing, taken),
    );
    return this;
  }

  /** @throws InvalidInputError when a column is gone, or for an unknown category with `handleUnknown: "error"`. */
  transform(features: Table): Table {
    const encodings = this.#fitted();
    const columns = encodings.map((encoding) => encoding.column);
    requireColumns(features, columns, OneHotEncoder.name);
    const outputs: [string, Column][] = [];
    for (const encoding of encodings) {
      const values = oneHot(encoding, features.get(encoding.column), this.handleUnknown);
      for (let k = 0; k < values.length; k++) outputs.push([encoding.outputs[k], numeric(values[k], "boolean")]);
    }
    return features.drop(columns).with(outputs);
  }

  get featureSources(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.#fitted().flatMap(({ column, outputs }) => outputs.map((output) => [output, column])),
    );
  }

  toState(): ModelState {
    return {
      columns: this.columns,
      handleUnknown: this.handleUnknown,
      maxCategories: this.maxCategories,
      dropMissing: this.dropMissing,
      encodings: this.#fitted().map((encoding) => ({ ...encoding })),
    };
  }

  static fromState(state: ModelState): OneHotEncoder {
    const fields = new StateReader(state, OneHotEncoder.name);
    const check = new OptionCheck(OneHotEncoder.name);
    const encoder = new OneHotEncoder({
      ...(fields.any("columns") === null ? {} : { columns: fields.strings("columns") }),
      handleUnknown: check.oneOf("handleUnknown", fields.string("handleUnknown"), unknownHandling),
      maxCategories: fields.number("maxCategories"),
      dropMissing: fields.boolean("dropMissing"),
    });
    encoder.#encodings = fields.list("encodings").map((item) => {
      const encoding = new StateReader(item, OneHotEncoder.name);
      return {
        column: encoding.string("column"),
        outputs: encoding.strings("outputs"),
        levels: encoding.strings("levels"),
        outputOf: encoding.array("outputOf", Int32Array),
        missingOutput: encoding.number("missingOutput"),
        infrequentOutput: encoding.number("infrequentOutput"),
      };
    });
    return encoder;
  }

  #fitted(): readonly Encoding[] {
    if (this.#encodings === null) throw new NotFittedError(OneHotEncoder.name);
    return this.#encodings;
  }
}

/** Missing values are, as in scikit-learn, one more category, the last one. */
function encode(
  column: string,
  { levels, counts, missing }: Levels,
  maxCategories: number,
  dropMissing: boolean,
  taken: Set<string>,
): Encoding {
  const missingCounts = missing > 0 && !dropMissing;
  const allCounts = missingCounts ? [...counts, missing] : counts;
  const infrequent = infrequentCategories(allCounts, maxCategories);
  const outputOf = new Int32Array(allCounts.length);
  const outputs: string[] = [];
  for (let category = 0; category < allCounts.length; category++) {
    if (infrequent.has(category)) continue;
    outputOf[category] = outputs.length;
    outputs.push(uniqueName(`${column}=${levels[category] ?? "missing"}`, taken));
  }
  const infrequentOutput = infrequent.size > 0 ? outputs.length : -1;
  for (const category of infrequent) outputOf[category] = infrequentOutput;
  if (infrequent.size > 0) outputs.push(uniqueName(`${column}=infrequent`, taken));
  return {
    column,
    outputs,
    levels,
    outputOf: outputOf.slice(0, levels.length),
    missingOutput: missingCounts ? outputOf[levels.length] : -1,
    infrequentOutput,
  };
}

/** All but the `maxCategories - 1` most frequent; of equals the later ones are kept, as scikit-learn's stable sort does. */
function infrequentCategories(counts: readonly number[], maxCategories: number): Set<number> {
  if (counts.length <= maxCategories) return new Set();
  const byCount = counts.map((_, category) => category).sort((a, b) => counts[a] - counts[b]);
  return new Set(byCount.slice(0, counts.length - maxCategories + 1));
}

function oneHot(
  encoding: Encoding,
  column: Column,
  handleUnknown: (typeof unknownHandling)[number],
): readonly Float64Array[] {
  const { levels, outputs, outputOf, missingOutput, infrequentOutput } = encoding;
  const matched = matchLevels(column, levelIndex(levels));
  const values = outputs.map(() => new Float64Array(matched.length));
  const unknownOutput = handleUnknown === "infrequent_if_exist" ? infrequentOutput : -1;
  for (let row = 0; row < matched.length; row++) {
    const level = matched[row];
    if (level === unknownLevel && handleUnknown === "error") {
      throw new InvalidInputError(
        `OneHotEncoder: row ${row} of column "${encoding.column}" has a category that training did not have`,
      );
    }
    const output = level === unknownLevel ? unknownOutput : level === missingLevel ? missingOutput : outputOf[level];
    if (output >= 0) values[output][row] = 1;
  }
  return values;
}
