/**
 * What a worker thread runs, as text: the runner is bundled, and bundled again with a user's project, into one file that
 * has no other file beside it. It grows chunks until there are none left and answers with all of them at once.
 *
 * `state` is shared: [0] the next chunk, [1 + thread] how the thread is doing.
 */
export const KERNEL_WORKER = `
const { workerData } = require("node:worker_threads");
const { job, thread, state, port } = workerData;
const READY = 0, WORKING = 1, DONE = 2;
if (Atomics.compareExchange(state, 1 + thread, READY, WORKING) === READY) {
  const chunks = [];
  const transfers = [];
  try {
    const kernel = new WebAssembly.Instance(job.module, { env: { memory: job.memory } }).exports;
    kernel.configure(...job.configuration);
    kernel.layOut(job.bases[thread], job.chunkTrees);
    kernel.start();
    for (;;) {
      const chunk = Atomics.add(state, 0, 1);
      const first = chunk * job.chunkTrees;
      if (first >= job.numTrees) break;
      const count = Math.min(job.chunkTrees, job.numTrees - first);
      kernel.growTrees(job.randomState, first, count);
      const copy = (type, at, length) => {
        const array = new type(job.memory.buffer, at >>> 0, length).slice();
        transfers.push(array.buffer);
        return array;
      };
      const nodeStarts = copy(Int32Array, kernel.nodeStarts(), count + 1);
      const leafStarts = copy(Int32Array, kernel.leafStarts(), count + 1);
      const numNodes = nodeStarts[count];
      const features = copy(Uint16Array, kernel.nodeFeatures(), numNodes);
      const bins = copy(Uint8Array, kernel.nodeBins(), numNodes);
      const children = copy(Int32Array, kernel.nodeChildren(), 2 * numNodes);
      const leaves = copy(Float64Array, kernel.leafValues(), leafStarts[count] * job.leafSize);
      const shares = copy(Float64Array, kernel.shares(), job.numFeatures);
      chunks.push({ chunk, trees: { nodeStarts, leafStarts, features, bins, children, leaves, leafSize: job.leafSize }, shares });
    }
    port.postMessage(chunks, transfers);
  } catch {}
  // What was not sent, the main thread grows again.
  Atomics.store(state, 1 + thread, DONE);
  Atomics.notify(state, 1 + thread);
}
`;
