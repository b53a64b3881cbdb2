import { describe, expect, it } from "vitest";
import { prepareData } from "../../../runner/pipeline/prepare-data.ts";
import { TargetError } from "../../../runner/pipeline/target.ts";
import { categorical, categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";
import { TooFewRowsError } from "../../../runner/tuning/split.ts";
import { contextWith, priced, weekly } from "./scenario.ts";

const NaNs = (length: number) => new Float64Array(length).fill(Number.NaN);

describe("prepareData on scenarios that are too small", () => {
  it.each([0, 1, 2, 3])("refuses %i rows and says how many are needed", (numRows) => {
    expect(() => prepareData(priced(numRows), contextWith())).toThrow(TooFewRowsError);
  });

  it("takes four rows", () => {
    const { split } = prepareData(priced(4), contextWith());
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([2, 1, 1]);
  });

  it("refuses a target that is missing everywhere, naming it", () => {
    expect(() => prepareData(weekly([...NaNs(10)]), contextWith())).toThrow(/no row has a value in the target "sales"/);
  });

  it("counts only rows with a target", () => {
    const rows = weekly([1, Number.NaN, 2, Number.NaN, 3, Number.NaN]);
    expect(() => prepareData(rows, contextWith())).toThrow(TooFewRowsError);
  });
});

describe("prepareData on odd values", () => {
  it("takes a constant target", () => {
    const { target, task } = prepareData(weekly(new Array(20).fill(5)), contextWith());
    expect(task).toBe("regression");
    expect(new Set(target)).toEqual(new Set([5]));
  });

  it("treats infinities as missing and says so once a column", () => {
    const price = Float64Array.from({ length: 10 }, (_, row) => (row < 3 ? Number.POSITIVE_INFINITY : row));
    const sales = [1, 2, 3, 4, 5, 6, 7, 8, 9, Number.NEGATIVE_INFINITY];
    const context = contextWith();
    const prepared = prepareData(weekly(sales, { price: numeric(price) }), context);
    expect([...prepared.features.numbers("price").slice(0, 4)]).toEqual([Number.NaN, Number.NaN, Number.NaN, 3]);
    expect(prepared.target).toHaveLength(9);
    expect(context.warnings).toEqual([
      'column "sales": 1 infinite values are treated as missing',
      'column "price": 3 infinite values are treated as missing',
      '1 rows without "sales" are left out',
    ]);
  });

  it("keeps columns that are missing, constant or doubled: selecting is a stage of its own", () => {
    const rows = weekly([1, 2, 3, 4, 5, 6], {
      empty: numeric(NaNs(6)),
      one: numeric(new Float64Array(6).fill(1)),
      a: numeric(Float64Array.of(1, 2, 3, 1, 2, 3)),
      b: numeric(Float64Array.of(1, 2, 3, 1, 2, 3)),
    });
    expect(prepareData(rows, contextWith()).features.names).toEqual(expect.arrayContaining(["empty", "one", "a", "b"]));
  });

  it("takes dates as features, as numbers", () => {
    const opened = numeric(Float64Array.of(10, 20, 30, 40, 50, 60), "date");
    const { features } = prepareData(weekly([1, 2, 3, 4, 5, 6], { opened }), contextWith());
    expect(features.get("opened")).toEqual(opened);
  });

  it("does not change the rows it was given", () => {
    const sales = numeric(Float64Array.of(Number.POSITIVE_INFINITY, 3, 2, 1, 5, 4, 6));
    const week = numeric(Float64Array.of(9, 3, 2, 1, 5, 4, 6));
    prepareData(new Table({ store: sales, week, sales }), contextWith());
    expect([...sales.values]).toEqual([Number.POSITIVE_INFINITY, 3, 2, 1, 5, 4, 6]);
    expect([...week.values]).toEqual([9, 3, 2, 1, 5, 4, 6]);
  });
});

describe("prepareData and time", () => {
  const withWeeks = (weeks: readonly number[]) =>
    weekly(
      weeks.map((week) => week * 10),
      { week: numeric(Float64Array.from(weeks)) },
    );

  it("puts rows in the order of time", () => {
    const { rows, target } = prepareData(withWeeks([5, 1, 4, 2, 3]), contextWith());
    expect([...rows.numbers("week")]).toEqual([1, 2, 3, 4, 5]);
    expect([...target]).toEqual([10, 20, 30, 40, 50]);
  });

  it("is the same for rows that come in any order", () => {
    const sorted = prepareData(withWeeks([1, 2, 3, 5, 8, 9]), contextWith());
    const mixed = prepareData(withWeeks([9, 2, 8, 1, 5, 3]), contextWith());
    expect(mixed.features.row(5)).toEqual(sorted.features.row(5));
    expect(mixed).toMatchObject({ recipe: sorted.recipe, split: sorted.split, naive: sorted.naive });
  });

  it("keeps rows of one time in their order and says how many there are, sorted or not", () => {
    for (const weeks of [
      [1, 2, 2, 2, 3, 4],
      [2, 4, 2, 3, 1, 2],
    ]) {
      const context = contextWith();
      const { rows } = prepareData(withWeeks(weeks), context);
      expect([...rows.numbers("week")]).toEqual([1, 2, 2, 2, 3, 4]);
      expect(context.warnings).toEqual(['2 rows repeat the "week" of the row before']);
    }
  });

  it("never splits the rows of one time", () => {
    const { rows, split } = prepareData(withWeeks([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]), contextWith());
    const weeksOf = (part: Int32Array) => new Set(Array.from(part, (row) => rows.numbers("week")[row]));
    expect([split.train, split.validation, split.test].map(weeksOf)).toEqual([
      new Set([1, 2]),
      new Set([3]),
      new Set([4]),
    ]);
  });

  it("leaves out rows without a time and says so", () => {
    const context = contextWith();
    const { rows } = prepareData(withWeeks([1, Number.NaN, 2, 3, Number.POSITIVE_INFINITY, 4]), context);
    expect([...rows.numbers("week")]).toEqual([1, 2, 3, 4]);
    expect(context.warnings).toContain('2 rows without "week" are left out');
  });

  it("refuses a time that is text, with what to do", () => {
    const rows = weekly([1, 2, 3, 4], { week: categoricalOf(["a", "b", "c", "d"]) });
    expect(() => prepareData(rows, contextWith())).toThrow(/the time column "week" holds text; cast it/);
  });

  it("uses the declared step for the horizon where rows are further apart", () => {
    const rows = withWeeks([0, 7, 14, 21, 28, 35]);
    const naive = (step: number | null) => [...(prepareData(rows, contextWith({ step, horizon: 2 })).naive ?? [])];
    expect(naive(null).slice(2)).toEqual([0, 70, 140, 210]);
    expect(naive(1).slice(1)).toEqual([0, 70, 140, 210, 280]);
  });

  it("makes the naive forecast from what the horizon lets it know", () => {
    const { naive } = prepareData(withWeeks([1, 2, 3, 6, 7]), contextWith({ horizon: 3, step: 1 }));
    expect([...(naive ?? [])]).toEqual([Number.NaN, Number.NaN, Number.NaN, 30, 30]);
  });

  it("does without a time: a seeded random split, no lags, no naive forecast", () => {
    const context = contextWith({ time: null });
    const prepared = prepareData(priced(40).drop(["week"]), context);
    expect(prepared.naive).toBeNull();
    expect(prepared.features.names).toEqual(["price"]);
    expect(prepareData(priced(40).drop(["week"]), context).split).toEqual(prepared.split);
    const other = prepareData(priced(40).drop(["week"]), contextWith({ time: null }, 1));
    expect(other.split).not.toEqual(prepared.split);
  });
});

describe("prepareData and classes", () => {
  const textTarget = (labels: readonly (string | null)[]) =>
    weekly(new Array(labels.length).fill(0), { sales: categoricalOf(labels) });

  it("sees two texts as a binary task, its classes sorted", () => {
    const { task, classes, target } = prepareData(textTarget(["yes", "no", "yes", "no", "no"]), contextWith());
    expect({ task, classes, target: [...target] }).toEqual({
      task: "binary",
      classes: ["no", "yes"],
      target: [1, 0, 1, 0, 0],
    });
  });

  it("sees three texts as a multiclass task", () => {
    const { task, classes } = prepareData(textTarget(["b", "c", "a", "b", "c"]), contextWith());
    expect({ task, classes }).toEqual({ task: "multiclass", classes: ["a", "b", "c"] });
  });

  it("numbers the classes that occur, whatever else the batch's code table holds", () => {
    const sales = categorical(Int32Array.of(7, 3, 7, 3, 3), ["q", "r", "s", "no", "t", "u", "v", "yes"]);
    const { classes, target } = prepareData(weekly([0, 0, 0, 0, 0], { sales }), contextWith());
    expect({ classes, target: [...target] }).toEqual({ classes: ["no", "yes"], target: [1, 0, 1, 0, 0] });
  });

  it("sees booleans as a binary task", () => {
    const sales = numeric(Float64Array.of(1, 0, 1, 1, Number.NaN, 0), "boolean");
    const { task, classes, target } = prepareData(weekly(new Array(6).fill(0), { sales }), contextWith());
    expect({ task, classes, target: [...target] }).toEqual({
      task: "binary",
      classes: ["false", "true"],
      target: [1, 0, 1, 1, 0],
    });
  });

  it("takes numbers for classes when it is told, in numeric order", () => {
    const rows = weekly([10, 9, 2, 10, 9, 2]);
    const { classes, task, naive } = prepareData(rows, contextWith({ task: "multiclass" }));
    expect({ classes, task, naive }).toEqual({ classes: ["2", "9", "10"], task: "multiclass", naive: null });
  });

  it("leaves out rows without a class", () => {
    expect(prepareData(textTarget(["a", null, "b", "a", "b", null]), contextWith()).target).toHaveLength(4);
  });

  it("refuses what can't be told apart, naming what was found", () => {
    expect(() => prepareData(textTarget(["a", "a", "a", "a"]), contextWith())).toThrow(/has only "a" in this scenario/);
    expect(() => prepareData(textTarget([null, null, null, null]), contextWith())).toThrow(/has no value/);
    expect(() => prepareData(textTarget(["a", "b", "c", "a"]), contextWith({ task: "binary" }))).toThrow(
      /has 3 classes; set `task = "multiclass"`/,
    );
  });

  it("refuses to regress text and booleans, with what to do", () => {
    const context = contextWith({ task: "regression" });
    expect(() => prepareData(textTarget(["a", "b", "a", "b"]), context)).toThrow(TargetError);
    const flags = weekly([0, 0, 0, 0], { sales: numeric(Float64Array.of(1, 0, 1, 0), "boolean") });
    expect(() => prepareData(flags, context)).toThrow(/holds boolean values; regression needs numbers/);
  });
});
