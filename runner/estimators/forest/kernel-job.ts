import { centreOf } from "./centre.ts";
import { instantiateKernel, type KernelExports, kernelModule } from "./kernel/module.ts";
import type { GrowthParams, TrainingSet } from "./training-set.ts";

const PAGE_BYTES = 65_536;

/** Memory up to this size is kept for the next fit: creating it costs as much as growing some small trees. */
const KEPT_PAGES = 1024;

/** Trees are grown in chunks of about as many rows, in the order of their numbers, whatever the number of threads. */
const CHUNK_ROWS = 65_536;

type KernelConfiguration = Parameters<KernelExports["configure"]>;

/** A training set in the kernel's memory: all that a thread needs to grow trees. It can be sent to another thread. */
export interface KernelJob {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly numFeatures: number;
  /** Numbers in a leaf: 1, or the classes. */
  readonly leafSize: number;
  readonly numTrees: number;
  /** Trees that one call grows. */
  readonly chunkTrees: number;
  readonly randomState: number;
  /** Arguments of the kernel's `configure`. */
  readonly configuration: KernelConfiguration;
  /** Where each thread's own memory begins. */
  readonly bases: readonly number[];
}

let kept: { readonly memory: WebAssembly.Memory; readonly kernel: KernelExports } | null = null;

/** Addresses have 32 bits. */
const MOST_BYTES = 2 ** 32;

/** Threads that the kernel has memory for, at most `wanted`; 0 where it can't grow these trees, or where it isn't. */
export function kernelThreads(set: TrainingSet, wanted: number): number {
  if (kernelModule() === null) return 0;
  const { numRows, stride } = set.rows;
  const shared = numRows * (stride + 12);
  // Records twice, stack, counts, one tree; or a chunk of trees; and what does not grow with the rows. Rounded up.
  const leafBytes = 8 * Math.max(1, set.numClasses);
  const own = numRows * (2 * stride + 88 + leafBytes) + 20 * CHUNK_ROWS + 150 * set.numFeatures + 20 * set.numClasses;
  return Math.max(0, Math.min(wanted, Math.floor((MOST_BYTES - shared) / (own + 2 ** 20))));
}

/** Puts a training set where the kernel can read it. @param numThreads at least 1, at most `kernelThreads`. */
export function prepareJob(set: TrainingSet, params: GrowthParams, numTrees: number, numThreads: number): KernelJob {
  const module = kernelModule();
  if (module === null) throw new Error("there is no WebAssembly here");
  kept ??= keep(module);
  const { numRows, stride, bins } = set.rows;
  const leafSize = Math.max(1, set.numClasses);
  let end = 64; // no array is at address 0, which means "none"
  const take = (bytes: number): number => {
    const at = end;
    end = Math.ceil((end + bytes) / 64) * 64;
    return at;
  };
  const binsAt = take(bins.length);
  const targetAt = take(8 * numRows);
  const weightAt = set.weight === null ? 0 : take(4 * numRows);
  const numBinsAt = take(2 * set.numFeatures);
  const { maxDepth, minSamplesLeaf, minSamplesSplit } = params;
  const maxFeatures = Math.min(params.maxFeatures, set.numFeatures);
  const { mean, scale } = set.numClasses > 0 ? { mean: 0, scale: 0 } : centreOf(set.target);
  const data = [numRows, set.numFeatures, stride, binsAt, targetAt, mean, scale, weightAt, numBinsAt] as const;
  const growth = [
    maxFeatures,
    maxDepth,
    minSamplesLeaf,
    minSamplesSplit,
    params.bootstrap ? 1 : 0,
    set.numClasses,
  ] as const;
  const configuration: KernelConfiguration = [...data, ...growth];
  const chunkTrees = Math.min(numTrees, Math.max(1, Math.floor(CHUNK_ROWS / (numRows * leafSize))));
  kept.kernel.configure(...configuration);
  const bases: number[] = [];
  for (let thread = 0; thread < numThreads; thread++) {
    bases.push(end);
    end = kept.kernel.layOut(end, chunkTrees) >>> 0;
  }
  const memory = memoryOf(Math.ceil(end / PAGE_BYTES), kept.memory);
  new Uint8Array(memory.buffer, binsAt, bins.length).set(bins);
  new Float64Array(memory.buffer, targetAt, numRows).set(set.target);
  if (set.weight !== null) new Float32Array(memory.buffer, weightAt, numRows).set(set.weight);
  new Uint16Array(memory.buffer, numBinsAt, set.numFeatures).set(set.numBins);
  const { numFeatures } = set;
  return {
    module,
    memory,
    numFeatures,
    leafSize,
    numTrees,
    chunkTrees,
    randomState: params.randomState,
    configuration,
    bases,
  };
}

/** The kernel over a job's memory. */
export function kernelOf(job: KernelJob): KernelExports {
  return kept?.memory === job.memory ? kept.kernel : instantiateKernel(job.module, job.memory);
}

function keep(module: WebAssembly.Module): NonNullable<typeof kept> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: KEPT_PAGES, shared: true });
  return { memory, kernel: instantiateKernel(module, memory) };
}

function memoryOf(pages: number, memory: WebAssembly.Memory): WebAssembly.Memory {
  if (pages > KEPT_PAGES) return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const missing = pages - memory.buffer.byteLength / PAGE_BYTES;
  if (missing > 0) memory.grow(missing);
  return memory;
}
