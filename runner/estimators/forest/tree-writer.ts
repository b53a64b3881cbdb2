import type { Trees } from "./trees.ts";

/** Collects nodes and leaves while trees grow; memory doubles when it is full. */
export class TreeWriter {
  #features = new Uint16Array(1024);
  #bins = new Uint8Array(1024);
  #children = new Int32Array(2048);
  #leaves = new Float64Array(1024);
  #numNodes = 0;
  #numLeaves = 0;
  readonly #nodeStarts: number[] = [0];
  readonly #leafStarts: number[] = [0];
  readonly #leafSize: number;

  constructor(leafSize: number) {
    this.#leafSize = leafSize;
  }

  /** Adds a node and returns its number in the tree. */
  addNode(feature: number, bin: number): number {
    const node = this.#numNodes;
    this.#reserve(node + 1, this.#numLeaves);
    this.#numNodes++;
    this.#features[node] = feature;
    this.#bins[node] = bin;
    return node - this.#nodeStarts[this.#nodeStarts.length - 1];
  }

  /** Adds a leaf, whose `leafSize` numbers start at `values[at]`, and returns what a parent calls it. */
  addLeaf(values: Float64Array, at: number): number {
    const size = this.#leafSize;
    this.#reserve(this.#numNodes, this.#numLeaves + 1);
    const leaf = this.#numLeaves++;
    for (let k = 0; k < size; k++) this.#leaves[leaf * size + k] = values[at + k];
    return -1 - (leaf - this.#leafStarts[this.#leafStarts.length - 1]);
  }

  /** @param slot twice the parent's number, plus 1 for its right child. */
  setChild(slot: number, child: number): void {
    this.#children[2 * this.#nodeStarts[this.#nodeStarts.length - 1] + slot] = child;
  }

  endTree(): void {
    this.#nodeStarts.push(this.#numNodes);
    this.#leafStarts.push(this.#numLeaves);
  }

  finish(): Trees {
    return {
      nodeStarts: Int32Array.from(this.#nodeStarts),
      leafStarts: Int32Array.from(this.#leafStarts),
      features: this.#features.slice(0, this.#numNodes),
      bins: this.#bins.slice(0, this.#numNodes),
      children: this.#children.slice(0, 2 * this.#numNodes),
      leaves: this.#leaves.slice(0, this.#numLeaves * this.#leafSize),
      leafSize: this.#leafSize,
    };
  }

  #reserve(numNodes: number, numLeaves: number): void {
    if (numNodes > this.#bins.length) {
      const length = Math.max(numNodes, 2 * this.#bins.length);
      this.#features = copied(this.#features, new Uint16Array(length));
      this.#bins = copied(this.#bins, new Uint8Array(length));
      this.#children = copied(this.#children, new Int32Array(2 * length));
    }
    const numNumbers = numLeaves * this.#leafSize;
    if (numNumbers > this.#leaves.length) {
      this.#leaves = copied(this.#leaves, new Float64Array(Math.max(numNumbers, 2 * this.#leaves.length)));
    }
  }
}

function copied<T extends Uint8Array | Uint16Array | Int32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
