import { describe, expect, it } from "vitest";
import { OneHotEncoder } from "../../../runner/estimators/one-hot-encoder.ts";
import { OrdinalEncoder } from "../../../runner/estimators/ordinal-encoder.ts";
import { PCA } from "../../../runner/estimators/pca.ts";
import { SimpleImputer } from "../../../runner/estimators/simple-imputer.ts";
import { StandardScaler } from "../../../runner/estimators/standard-scaler.ts";
import { categoricalOf, cell } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";
import { expectNumbers, expectTable, letterTable, runScikitLearn, tableOf } from "./scikit-learn.ts";

const golden = runScikitLearn();

describe("PCA projects as scikit-learn's, signs included", () => {
  it.each(golden.pca)("for $name", ({ x, rows, nComponents, whiten, numComponents, scores, ratio }) => {
    const table = tableOf(x);
    const pca = new PCA({ whiten, ...(nComponents === null ? {} : { nComponents }) }).fit(table.slice(0, rows));
    const projected = pca.transform(table);
    expect(projected.numColumns).toBe(numComponents);
    expectTable(projected.select(projected.names.slice(0, scores[0].length)), scores, 1e-8);
    expectNumbers(pca.explainedVarianceRatio, ratio, 1e-10);
  });
});

describe("SimpleImputer fills as scikit-learn's", () => {
  const { x, later, cases, text, mostFrequent } = golden.imputer;

  it.each(cases)("by $strategy, with indicators", ({ strategy, filled, names }) => {
    const imputer = new SimpleImputer({
      strategy,
      addIndicator: true,
      ...(strategy === "constant" ? { fillValue: -7 } : {}),
    });
    const table = imputer.fit(tableOf(x)).transform(tableOf(later));
    // A column without values: constant columns are filled with the constant in both, the others with 0.
    expect(table.names).toEqual(names);
    expectTable(table, filled, strategy === "mean" ? 1e-12 : 0);
  });

  it("for text by the most frequent category", () => {
    const table = new Table({ text: categoricalOf(text) });
    const filled = new SimpleImputer().fit(table).transform(table).get("text");
    expect(text.map((_, row) => cell(filled, row))).toEqual(mostFrequent);
  });
});

describe("StandardScaler scales as scikit-learn's", () => {
  const { x, scaled, centred, stretched } = golden.scaler;
  const table = tableOf(x);

  it("with gaps and constant columns", () => {
    expectTable(new StandardScaler().fit(table).transform(table), scaled, 1e-12);
    expectTable(new StandardScaler({ withStd: false }).fit(table).transform(table), centred, 1e-12);
    expectTable(new StandardScaler({ withMean: false }).fit(table).transform(table), stretched, 1e-12);
  });
});

describe("the encoders number as scikit-learn's", () => {
  const { train, later, oneHot, ordinal } = golden.encoders;
  const columns = ["letter", "number"];

  it.each(oneHot)("OneHotEncoder with at most $maxCategories and $handleUnknown", (expected) => {
    const { maxCategories, handleUnknown, names, encoded } = expected;
    const encoder = new OneHotEncoder({ columns, maxCategories, handleUnknown }).fit(letterTable(train));
    const table = encoder.transform(letterTable(later));
    expectTable(table, encoded);
    const theirs = (name: string) =>
      name
        .replace("=", "_")
        .replace("missing", "None")
        .replace("infrequent", "infrequent_sklearn")
        .replace(/^(number_-?\d+)$/, "$1.0");
    expect(table.names.map(theirs)).toEqual(names);
  });

  it("OrdinalEncoder with unknown and missing values", () => {
    const encoder = new OrdinalEncoder({ columns, unknownValue: -1 }).fit(letterTable(train));
    expectTable(encoder.transform(letterTable(later)), ordinal);
  });
});
