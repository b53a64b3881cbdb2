import { describe, expect, it } from "vitest";
import type { Estimator, Params } from "../../../runner/estimators/estimator.ts";
import { Pipeline } from "../../../runner/pipeline/pipeline.ts";
import { prepareData } from "../../../runner/pipeline/prepare-data.ts";
import { selectFeatures } from "../../../runner/pipeline/select-features.ts";
import type { SelectedFeatures } from "../../../runner/pipeline/stages.ts";
import { tuneHyperparams } from "../../../runner/pipeline/tune-hyperparams.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import type { Table } from "../../../runner/table/table.ts";
import { contextWith, priced, weekly } from "./scenario.ts";

/** Says the same for every row, and remembers the targets it was fitted on. */
class Constant implements Estimator {
  static fitted: number[][] = [];
  readonly value: number;
  constructor({ value }: Params) {
    this.value = Number(value);
  }
  getParams() {
    return { value: this.value };
  }
  fit(_: Table, target: Float64Array) {
    Constant.fitted.push([...target]);
    return this;
  }
  predict(features: Table) {
    return new Float64Array(features.numRows).fill(this.value);
  }
  toState() {
    return null;
  }
}

const select = (rows: Table, context = contextWith()): SelectedFeatures =>
  selectFeatures(prepareData(rows, context), context);

describe("tuneHyperparams", () => {
  it("takes the candidate with the lowest mean absolute error on the validation rows, fitted on the training rows", async () => {
    // Ten weeks: 6 train, 2 validate (20 and 30), 2 test.
    const selected = select(weekly([1, 2, 3, 1, 2, 3, 20, 30, 99, 99]));
    Constant.fitted = [];
    const { params, trials } = await tuneHyperparams(
      selected,
      { value: [0, 26, 99] },
      (candidate) => new Constant(candidate),
      contextWith(),
    );
    expect(params).toEqual({ value: 26 });
    expect(trials.map(({ score }) => score)).toEqual([25, 5, 74]);
    expect(Constant.fitted).toEqual(new Array(3).fill([1, 2, 3, 1, 2, 3]));
  });

  it("passes on everything that it was given", async () => {
    const selected = select(priced(30));
    const tuned = await tuneHyperparams(selected, {}, (candidate) => new Constant(candidate), contextWith());
    expect(tuned).toEqual({ ...selected, params: {}, trials: [] });
  });

  it("scores classes by log loss, also those that training did not have", async () => {
    const labels = [..."ababababababab", ..."cbc", ..."aba"];
    const rows = weekly(new Array(labels.length).fill(0), {
      sales: categoricalOf(labels),
      x: numeric(Float64Array.from(labels, (label) => label.charCodeAt(0))),
    });
    const context = contextWith();
    const { trials } = await new Pipeline().tuneHyperparams(select(rows, context), context);
    expect(trials.length).toBeGreaterThan(1);
    for (const { score, error } of trials) expect({ score: Number(score) > 1, error }).toEqual({ score: true });
  });

  it("says why when no candidate can be fitted", async () => {
    const tuning = tuneHyperparams(
      select(priced(30)),
      { value: [1, 2] },
      () => {
        throw new Error("no licence");
      },
      contextWith(),
    );
    await expect(tuning).rejects.toThrow(/none of the 2 candidates could be trained: Error: no licence/);
  });
});
