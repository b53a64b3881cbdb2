import { hasKernelFor, KernelBuilder, prepareJob } from "./kernel-builder.ts";
import type { GrowthParams, TrainingSet } from "./training-set.ts";
import { type GrownTrees, TreeBuilder } from "./tree-builder.ts";

/** Grows all trees of a forest. */
export function growForest(set: TrainingSet, params: GrowthParams, numTrees: number, _numThreads: number): GrownTrees {
  const builder = hasKernelFor(set)
    ? new KernelBuilder(prepareJob(set, params, 1), 0, params.randomState)
    : new TreeBuilder(set, params);
  for (let tree = 0; tree < numTrees; tree++) builder.grow(tree);
  return builder.finish();
}
