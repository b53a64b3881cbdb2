import { centre } from "./centre.ts";
import { Importances } from "./importances.ts";
import { instantiateKernel, type KernelExports, kernelModule } from "./kernel/module.ts";
import { seedState } from "./random.ts";
import type { GrowthParams, TrainingSet } from "./training-set.ts";
import type { GrownTrees } from "./tree-builder.ts";
import { TreeWriter } from "./tree-writer.ts";

const PAGE_BYTES = 65_536;

/** Memory up to this size is kept for the next fit: creating it costs as much as growing some small trees. */
const KEPT_PAGES = 1024;

/** A training set in the kernel's memory: all that a thread needs to grow trees. */
export interface KernelJob {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly numFeatures: number;
  /** Arguments of the kernel's `configure`. */
  readonly configuration: KernelConfiguration;
  /** Where each thread's own memory begins. */
  readonly bases: readonly number[];
}

type KernelConfiguration = Parameters<KernelExports["configure"]>;

let kept: { readonly memory: WebAssembly.Memory; readonly kernel: KernelExports } | null = null;

/** Whether the kernel can grow these trees: it knows numeric targets only. */
export function hasKernelFor(set: TrainingSet): boolean {
  return set.numClasses === 0 && kernelModule() !== null;
}

/** Puts a training set where the kernel can read it. @throws RangeError when it does not fit into 4 GiB. */
export function prepareJob(set: TrainingSet, params: GrowthParams, numThreads: number): KernelJob {
  const module = kernelModule();
  if (module === null) throw new Error("there is no WebAssembly here");
  kept ??= keep(module);
  const { numRows, stride, bins } = set.rows;
  let end = 64; // no array is at address 0, which means "none"
  const take = (bytes: number): number => {
    const at = end;
    end = (end + bytes + 63) & ~63;
    return at;
  };
  const binsAt = take(bins.length);
  const centredAt = take(8 * numRows);
  const targetAt = take(8 * numRows);
  const weightAt = set.weight === null ? 0 : take(4 * numRows);
  const numBinsAt = take(2 * set.numFeatures);
  const configuration: KernelConfiguration = [
    ...[numRows, set.numFeatures, stride, binsAt, centredAt, targetAt, weightAt, numBinsAt],
    ...[params.maxFeatures, params.maxDepth, params.minSamplesLeaf, params.minSamplesSplit, params.bootstrap ? 1 : 0],
  ] as unknown as KernelConfiguration;
  kept.kernel.configure(...configuration);
  const bases: number[] = [];
  for (let thread = 0; thread < numThreads; thread++) {
    bases.push(end);
    end = kept.kernel.layOut(end) >>> 0;
  }
  const memory = memoryOf(Math.ceil(end / PAGE_BYTES), kept.memory);
  new Uint8Array(memory.buffer, binsAt, bins.length).set(bins);
  new Float64Array(memory.buffer, centredAt, numRows).set(centre(set.target));
  new Float64Array(memory.buffer, targetAt, numRows).set(set.target);
  if (set.weight !== null) new Float32Array(memory.buffer, weightAt, numRows).set(set.weight);
  new Uint16Array(memory.buffer, numBinsAt, set.numFeatures).set(set.numBins);
  return { module, memory, numFeatures: set.numFeatures, configuration, bases };
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

/** Grows trees of a job in one thread's memory. */
export class KernelBuilder {
  readonly #kernel: KernelExports;
  readonly #memory: WebAssembly.Memory;
  readonly #randomState: number;
  readonly #numFeatures: number;
  readonly #writer = new TreeWriter(1);
  readonly #importances: Importances;

  constructor(job: KernelJob, thread: number, randomState: number) {
    this.#memory = job.memory;
    this.#kernel = kept?.memory === job.memory ? kept.kernel : instantiateKernel(job.module, job.memory);
    this.#kernel.configure(...job.configuration);
    this.#kernel.layOut(job.bases[thread]);
    this.#kernel.start();
    this.#randomState = randomState;
    this.#numFeatures = job.numFeatures;
    this.#importances = new Importances(job.numFeatures);
  }

  /** Grows tree number `tree` of the forest; a tree depends on nothing but the data, the seed and this number. */
  grow(tree: number): void {
    const kernel = this.#kernel;
    const [a, b, c, d] = seedState(this.#randomState, tree);
    kernel.growTree(a, b, c, d);
    const memory = this.#memory.buffer;
    const numNodes = kernel.nodeCount();
    this.#writer.addTree(
      new Uint16Array(memory, kernel.nodeFeatures(), numNodes),
      new Uint8Array(memory, kernel.nodeBins(), numNodes),
      new Int32Array(memory, kernel.nodeChildren(), 2 * numNodes),
      new Float64Array(memory, kernel.leafValues(), kernel.leafCount()),
    );
    this.#importances.addTree(new Float64Array(memory, kernel.decreases(), this.#numFeatures));
  }

  finish(): GrownTrees {
    return { trees: this.#writer.finish(), importances: this.#importances.finish() };
  }
}
