import type { GrownTrees } from "./grown-trees.ts";
import { growByKernel } from "./kernel-growth.ts";
import { kernelThreads, prepareJob } from "./kernel-job.ts";
import type { GrowthParams, TrainingSet } from "./training-set.ts";
import { TreeBuilder } from "./tree-builder.ts";

/** With fewer rows a fit is over before another thread has started. */
const FEWEST_ROWS_FOR_THREADS = 20_000;

/** Grows all trees of a forest. */
export function growForest(set: TrainingSet, params: GrowthParams, numTrees: number, numThreads: number): GrownTrees {
  const wanted = set.rows.numRows < FEWEST_ROWS_FOR_THREADS ? 1 : Math.max(1, Math.min(numThreads, numTrees));
  const threads = kernelThreads(set, wanted);
  return threads > 0 ? growByKernel(prepareJob(set, params, numTrees, threads)) : growHere(set, params, numTrees);
}

/** Without the kernel: there is no WebAssembly, or its memory is too small. */
export function growHere(set: TrainingSet, params: GrowthParams, numTrees: number): GrownTrees {
  const builder = new TreeBuilder(set, params);
  for (let tree = 0; tree < numTrees; tree++) builder.grow(tree);
  return builder.finish();
}
