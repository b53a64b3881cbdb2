import type { Task } from "../data/data.ts";
import { type Column, cell, columnLength } from "../table/column.ts";

export class TargetError extends Error {
  override readonly name = "TargetError";
}

/** The target as numbers, with the meaning of class numbers. */
export interface EncodedTarget {
  readonly task: Task;
  /** Labels by class number, in sorted order; empty for regression. */
  readonly classes: readonly string[];
  /** Value or class number of each row; NaN where missing or infinite. */
  readonly values: Float64Array;
}

/**
 * Numbers are regression, text and booleans are classification; `task` overrides.
 *
 * @throws TargetError when text should be regressed, or when classes are wanted and there are fewer than two.
 */
export function encodeTarget(target: Column, task: Task | null, name: string): EncodedTarget {
  if (target.kind === "numeric" && target.type !== "boolean" && (task === null || task === "regression")) {
    return {
      task: "regression",
      classes: [],
      values: target.values.map((value) => (Number.isFinite(value) ? value : Number.NaN)),
    };
  }
  if (task === "regression") {
    throw new TargetError(
      `the target "${name}" holds ${target.type} values; regression needs numbers (cast it in the SQL)`,
    );
  }
  return encodeClasses(target, task, name);
}

function encodeClasses(target: Column, task: Task | null, name: string): EncodedTarget {
  const rows = columnLength(target);
  const labels: (string | null)[] = [];
  for (let row = 0; row < rows; row++) {
    const value = cell(target, row);
    labels.push(value === null ? null : String(value));
  }
  const present = new Set(labels.filter((label) => label !== null));
  // Class numbers follow the order of the labels, numerically where they are numbers, so that they do not depend on row order.
  const classes = [...present].sort(
    (a, b) => (target.kind === "numeric" ? Number(a) - Number(b) : 0) || (a < b ? -1 : 1),
  );
  if (classes.length < 2) {
    const found = classes.length === 0 ? "no value" : `only "${classes[0]}"`;
    throw new TargetError(
      `the target "${name}" has ${found} in this scenario; a classifier needs at least two classes`,
    );
  }
  if (task === "binary" && classes.length > 2) {
    throw new TargetError(`the target "${name}" has ${classes.length} classes; set \`task = "multiclass"\``);
  }
  const codeOf = new Map(classes.map((label, code) => [label, code]));
  return {
    task: task ?? (classes.length === 2 ? "binary" : "multiclass"),
    classes,
    values: Float64Array.from(labels, (label) => (label === null ? Number.NaN : (codeOf.get(label) ?? Number.NaN))),
  };
}
