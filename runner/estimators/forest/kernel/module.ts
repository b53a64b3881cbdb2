import { TREE_KERNEL } from "./tree-kernel.ts";

/** What the kernel (the .as files) exports; addresses are byte offsets in the memory. */
export interface KernelExports {
  configure(
    rows: number,
    features: number,
    rowStride: number,
    bins: number,
    target: number,
    mean: number,
    scale: number,
    weight: number,
    numBins: number,
    featuresPerSplit: number,
    depth: number,
    samplesLeaf: number,
    samplesSplit: number,
    draws: number,
    classes: number,
  ): void;
  layOut(base: number, trees: number): number;
  start(): void;
  growTrees(randomState: number, first: number, count: number): void;
  nodeStarts(): number;
  leafStarts(): number;
  nodeFeatures(): number;
  nodeBins(): number;
  nodeChildren(): number;
  leafValues(): number;
  shares(): number;
}

let compiled: WebAssembly.Module | null | undefined;

/** The compiled kernel, or null where WebAssembly or its vector instructions are not to be had. */
export function kernelModule(): WebAssembly.Module | null {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(Buffer.from(TREE_KERNEL, "base64"));
    } catch {
      compiled = null;
    }
  }
  return compiled;
}

export function instantiateKernel(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  // The module is our own, so its exports are known.
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
}
