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
