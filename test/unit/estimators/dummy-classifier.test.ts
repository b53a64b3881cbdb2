import { describe, expect, it } from "vitest";
import { DummyClassifier } from "../../../runner/estimators/dummy-classifier.ts";
import { Table } from "../../../runner/table/table.ts";

describe("DummyClassifier", () => {
  const target = Float64Array.of(2, 0, 2, 0, 2);
  const [rows, one] = [new Table({}, 5), new Table({}, 1)];

  it("predicts the majority with the classes' shares as probabilities", () => {
    const model = new DummyClassifier().fit(rows, target);
    expect([...model.predict(one)]).toEqual([2]);
    expect([...model.predictProba(one)]).toEqual([0.4, 0, 0.6]);
  });

  it("is certain with most_frequent", () => {
    const model = new DummyClassifier({ strategy: "most_frequent" }).fit(rows, target);
    expect([...model.predictProba(one)]).toEqual([0, 0, 1]);
  });

  it("takes the lowest of equally frequent classes", () => {
    expect([...new DummyClassifier().fit(new Table({}, 4), Float64Array.of(3, 1, 3, 1)).predict(one)]).toEqual([1]);
  });
});
