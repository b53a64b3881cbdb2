import type { GrowthParams, TrainingSet } from "./training-set.ts";
import { type GrownTrees, TreeBuilder } from "./tree-builder.ts";

/** Grows all trees of a forest. */
export function growForest(set: TrainingSet, params: GrowthParams, numTrees: number, _numThreads: number): GrownTrees {
  const builder = new TreeBuilder(set, params);
  for (let tree = 0; tree < numTrees; tree++) builder.grow(tree);
  return builder.finish();
}
