import type { ModelState, StateReader } from "../state.ts";

/** In a node's feature number: missing values go to the left child. */
export const MISSING_LEFT = 0x8000;

/** Most features a forest can have; the bit above their numbers is {@link MISSING_LEFT}. */
export const MAX_FEATURES = 0x8000;

/**
 * Grown trees in flat arrays: 11 bytes an inner node, 8 a leaf (and class). Numbers of nodes and leaves start at 0 in
 * each tree; a tree without inner nodes is its only leaf.
 */
export interface Trees {
  /** First inner node of each tree, and their total number at the end. */
  readonly nodeStarts: Int32Array;
  /** First leaf of each tree, and their total number at the end. */
  readonly leafStarts: Int32Array;
  /** Feature that a node asks for, with {@link MISSING_LEFT}. */
  readonly features: Uint16Array;
  /** Values of this bin and those below go to the left child. */
  readonly bins: Uint8Array;
  /** Left and right child of each node: an inner node of the tree, or `-1 - leaf`. */
  readonly children: Int32Array;
  /** What leaves predict: `leafSize` numbers each. */
  readonly leaves: Float64Array;
  /** 1 for regression and two classes (probability of class 1), else the number of classes. */
  readonly leafSize: number;
}

/** Joins trees that were grown apart, in this order. */
export function joinTrees(parts: readonly Trees[]): Trees {
  if (parts.length === 1) return parts[0];
  const leafSize = parts[0].leafSize;
  const numTrees = sum(parts, (part) => part.nodeStarts.length - 1);
  const numNodes = sum(parts, (part) => part.bins.length);
  const joined: Trees = {
    nodeStarts: new Int32Array(numTrees + 1),
    leafStarts: new Int32Array(numTrees + 1),
    features: new Uint16Array(numNodes),
    bins: new Uint8Array(numNodes),
    children: new Int32Array(2 * numNodes),
    leaves: new Float64Array(sum(parts, (part) => part.leaves.length)),
    leafSize,
  };
  let tree = 0;
  for (const part of parts) {
    const nodeStart = joined.nodeStarts[tree];
    const leafStart = joined.leafStarts[tree];
    joined.features.set(part.features, nodeStart);
    joined.bins.set(part.bins, nodeStart);
    joined.children.set(part.children, 2 * nodeStart);
    joined.leaves.set(part.leaves, leafStart * leafSize);
    for (let i = 1; i < part.nodeStarts.length; i++) {
      joined.nodeStarts[tree + i] = nodeStart + part.nodeStarts[i];
      joined.leafStarts[tree + i] = leafStart + part.leafStarts[i];
    }
    tree += part.nodeStarts.length - 1;
  }
  return joined;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

export function treesToState(trees: Trees): ModelState {
  return { ...trees };
}

/** @throws TypeError when the state is damaged: a walk through these trees cannot leave the arrays or run in circles. */
export function treesFromState(state: StateReader, numFeatures: number): Trees {
  const trees: Trees = {
    nodeStarts: state.array("nodeStarts", Int32Array),
    leafStarts: state.array("leafStarts", Int32Array),
    features: state.array("features", Uint16Array),
    bins: state.array("bins", Uint8Array),
    children: state.array("children", Int32Array),
    leaves: state.array("leaves", Float64Array),
    leafSize: state.number("leafSize"),
  };
  if (!areSound(trees, numFeatures)) throw new TypeError("the stored trees of the forest are damaged");
  return trees;
}

function areSound(trees: Trees, numFeatures: number): boolean {
  const { nodeStarts, leafStarts, features, bins, children, leaves, leafSize } = trees;
  const numTrees = nodeStarts.length - 1;
  if (numTrees < 1 || leafStarts.length !== nodeStarts.length || !(leafSize >= 1)) return false;
  if (nodeStarts[0] !== 0 || leafStarts[0] !== 0 || nodeStarts[numTrees] !== features.length) return false;
  if (bins.length !== features.length || children.length !== 2 * bins.length) return false;
  if (leafStarts[numTrees] * leafSize !== leaves.length) return false;
  for (let tree = 0; tree < numTrees; tree++) {
    const numNodes = nodeStarts[tree + 1] - nodeStarts[tree];
    const numLeaves = leafStarts[tree + 1] - leafStarts[tree];
    if (numNodes < 0 || numLeaves !== numNodes + 1) return false;
    for (let node = 0; node < numNodes; node++) {
      const at = nodeStarts[tree] + node;
      if ((features[at] & ~MISSING_LEFT) >= numFeatures) return false;
      for (let side = 0; side < 2; side++) {
        const child = children[2 * at + side];
        if (child >= 0 ? child <= node || child >= numNodes : -1 - child >= numLeaves) return false;
      }
    }
  }
  return true;
}
