import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { type GrownTrees, normalised } from "./grown-trees.ts";
import type { KernelExports } from "./kernel/module.ts";
import { type KernelJob, kernelOf } from "./kernel-job.ts";
import { KERNEL_WORKER } from "./kernel-worker.ts";
import { joinTrees, type Trees } from "./trees.ts";

/** Trees with adjacent numbers, grown by one call. */
interface Chunk {
  readonly chunk: number;
  readonly trees: Trees;
  /** By feature, the sum over the trees of its share in a tree's decrease of impurity. */
  readonly shares: Float64Array;
}

/** Grows a job's trees on as many threads as it has memory for, this one among them, and waits for them all. */
export function growByKernel(job: KernelJob): GrownTrees {
  const numChunks = Math.ceil(job.numTrees / job.chunkTrees);
  const kernel = kernelOf(job);
  kernel.configure(...job.configuration);
  kernel.layOut(job.bases[0], job.chunkTrees);
  kernel.start();
  const chunks: Chunk[] = new Array(numChunks);
  if (job.bases.length > 1) growOnThreads(job, kernel, chunks);
  for (let chunk = 0; chunk < numChunks; chunk++) chunks[chunk] ??= growChunk(job, kernel, chunk);
  const shares = new Float64Array(job.numFeatures);
  for (const chunk of chunks) {
    for (let feature = 0; feature < shares.length; feature++) shares[feature] += chunk.shares[feature];
  }
  return { trees: joinTrees(chunks.map((chunk) => chunk.trees)), importances: normalised(shares) };
}

/** How a worker is doing; it takes chunks only once it has said that it is working. */
const READY = 0;
const DONE = 2;
const CANCELLED = 3;

function growOnThreads(job: KernelJob, kernel: KernelExports, chunks: Chunk[]): void {
  const state = new Int32Array(new SharedArrayBuffer(4 * (1 + job.bases.length)));
  const workers: Worker[] = [];
  const ports: MessagePort[] = [];
  try {
    for (let thread = 1; thread < job.bases.length; thread++) {
      const { port1, port2 } = new MessageChannel();
      const workerData = { job, thread, state, port: port2 };
      const worker = new Worker(KERNEL_WORKER, { eval: true, execArgv: [], workerData, transferList: [port2] });
      // One that does not start is no reason to fail: its trees are grown here.
      worker.on("error", () => {});
      workers.push(worker);
      ports.push(port1);
    }
    for (;;) {
      const chunk = Atomics.add(state, 0, 1);
      if (chunk >= chunks.length) break;
      chunks[chunk] = growChunk(job, kernel, chunk);
    }
    for (let thread = 1; thread < job.bases.length; thread++) {
      if (Atomics.compareExchange(state, 1 + thread, READY, CANCELLED) === READY) continue;
      while (Atomics.load(state, 1 + thread) !== DONE) Atomics.wait(state, 1 + thread, 1);
      const answer: unknown = receiveMessageOnPort(ports[thread - 1])?.message;
      // Our own worker's message; nothing when it failed.
      for (const chunk of (answer ?? []) as Chunk[]) chunks[chunk.chunk] = chunk;
    }
  } finally {
    for (const port of ports) port.close();
    for (const worker of workers) {
      worker.unref();
      void worker.terminate();
    }
  }
}

function growChunk(job: KernelJob, kernel: KernelExports, chunk: number): Chunk {
  const first = chunk * job.chunkTrees;
  const count = Math.min(job.chunkTrees, job.numTrees - first);
  kernel.growTrees(job.randomState, first, count);
  const memory = job.memory.buffer;
  const nodeStarts = new Int32Array(memory, kernel.nodeStarts() >>> 0, count + 1).slice();
  const leafStarts = new Int32Array(memory, kernel.leafStarts() >>> 0, count + 1).slice();
  const numNodes = nodeStarts[count];
  const trees: Trees = {
    nodeStarts,
    leafStarts,
    features: new Uint16Array(memory, kernel.nodeFeatures() >>> 0, numNodes).slice(),
    bins: new Uint8Array(memory, kernel.nodeBins() >>> 0, numNodes).slice(),
    children: new Int32Array(memory, kernel.nodeChildren() >>> 0, 2 * numNodes).slice(),
    leaves: new Float64Array(memory, kernel.leafValues() >>> 0, leafStarts[count] * job.leafSize).slice(),
    leafSize: job.leafSize,
  };
  return { chunk, trees, shares: new Float64Array(memory, kernel.shares() >>> 0, job.numFeatures).slice() };
}
