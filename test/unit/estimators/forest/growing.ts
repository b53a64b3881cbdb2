import { binRows, findBins } from "../../../../runner/estimators/forest/binning.ts";
import type { GrownTrees } from "../../../../runner/estimators/forest/grown-trees.ts";
import { growForest, growHere } from "../../../../runner/estimators/forest/growth.ts";
import { predictMean } from "../../../../runner/estimators/forest/prediction.ts";
import type { GrowthParams, TrainingSet } from "../../../../runner/estimators/forest/training-set.ts";

/** Both ways to grow trees: compiled and plain. */
export const growers: readonly { readonly name: string; readonly grow: typeof growHere }[] = [
  { name: "the compiled kernel", grow: (set, params, trees) => growForest(set, params, trees, 1) },
  { name: "the plain builder", grow: growHere },
];

/** Every feature in every split, every row once, grown until leaves are pure. */
export const exhaustive: GrowthParams = {
  maxFeatures: 1_000_000,
  maxDepth: 1_000_000,
  minSamplesLeaf: 1,
  minSamplesSplit: 2,
  bootstrap: false,
  randomState: 0,
};

export function trainingSet(
  columns: readonly Float64Array[],
  target: Float64Array,
  weight: Float64Array | null = null,
  numClasses = 0,
): TrainingSet {
  const bins = findBins(columns, 255);
  return {
    rows: binRows(bins, columns, target.length),
    numFeatures: columns.length,
    numBins: Int32Array.from(columns, (_, feature) => bins.offsets[feature + 1] - bins.offsets[feature] + 1),
    target,
    weight,
    numClasses,
  };
}

/** For each class, 1 for its rows and 0 for the others: the sum of their squared errors is the Gini impurity. */
export function indicators(classes: Float64Array, numClasses: number): Float64Array[] {
  return Array.from({ length: numClasses }, (_, k) => classes.map((value) => (value === k ? 1 : 0)));
}

/** What the forest says about its own training rows: n rows x `leafSize`. */
export function fitted(set: TrainingSet, grown: GrownTrees): Float64Array {
  return predictMean(grown.trees, set.rows);
}

/** Weighted sum of squares around the prediction. */
export function squaredError(target: Float64Array, predicted: Float64Array, weight: Float64Array | null): number {
  return target.reduce((sum, value, row) => sum + (weight?.[row] ?? 1) * (value - predicted[row]) ** 2, 0);
}

/** The least weighted sum of squares, over all targets, that one split can leave: tries all, missing values on either side. */
export function bestSquaredError(
  columns: readonly Float64Array[],
  targets: readonly Float64Array[],
  weight: Float64Array | null,
  minSamplesLeaf: number,
): number {
  const errorOf = (rows: readonly number[]) => targets.reduce((sum, target) => sum + spread(rows, target, weight), 0);
  const everyRow = [...targets[0].keys()];
  let best = errorOf(everyRow);
  for (const column of columns) {
    const values = [...new Set(column)].filter((value) => !Number.isNaN(value));
    for (const threshold of values) {
      for (const missingLeft of [false, true]) {
        const isLeft = (row: number) => (Number.isNaN(column[row]) ? missingLeft : column[row] <= threshold);
        const left = everyRow.filter(isLeft);
        const right = everyRow.filter((row) => !isLeft(row));
        if (Math.min(left.length, right.length) < minSamplesLeaf) continue;
        best = Math.min(best, errorOf(left) + errorOf(right));
      }
    }
  }
  return best;
}

function spread(rows: readonly number[], target: Float64Array, weight: Float64Array | null): number {
  const weightOf = (row: number) => weight?.[row] ?? 1;
  const total = rows.reduce((sum, row) => sum + weightOf(row), 0);
  const mean = rows.reduce((sum, row) => sum + weightOf(row) * target[row], 0) / total;
  return rows.reduce((sum, row) => sum + weightOf(row) * (target[row] - mean) ** 2, 0);
}

/** Numbers from 0 to 1 that look random but are the same everywhere: xorshift32 (Marsaglia 2003). */
export function noise(length: number, seed: number): Float64Array {
  let state = seed * 2654435761 + 88675123;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 20; i++) next();
  return Float64Array.from({ length }, next);
}
