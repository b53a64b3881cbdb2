import type { ModelState, StateReader } from "../state.ts";
import { MISSING_LEFT, type Trees } from "./trees.ts";

/**
 * Trees as a model file keeps them: about half of their size in memory. Children take 16 bits where they fit. Many leaves
 * hold the same (the target of one row, or a single class), so they are numbers in a list of what is different.
 */
export function treesToState(trees: Trees): ModelState {
  const { nodeStarts, leafStarts, features, bins, children, leaves, leafSize } = trees;
  return {
    ...{ nodeStarts, leafStarts, features, bins, leafSize },
    children: children.every((child) => child === (child << 16) >> 16) ? Int16Array.from(children) : children,
    ...(listLeaves(leaves, leafSize) ?? { leaves }),
  };
}

/** @throws TypeError when the state is damaged: a walk through these trees cannot leave the arrays or run in circles. */
export function treesFromState(state: StateReader, numFeatures: number): Trees {
  const children = state.any("children");
  const leafSize = state.number("leafSize");
  if (!Number.isSafeInteger(leafSize) || leafSize < 1) throw new TypeError(DAMAGED);
  const trees: Trees = {
    nodeStarts: state.array("nodeStarts", Int32Array),
    leafStarts: state.array("leafStarts", Int32Array),
    features: state.array("features", Uint16Array),
    bins: state.array("bins", Uint8Array),
    children: children instanceof Int16Array ? Int32Array.from(children) : state.array("children", Int32Array),
    leaves: state.has("leafNumbers")
      ? leavesOf(state.array("leafNumbers", Uint16Array), state.array("leafValues", Float64Array), leafSize)
      : state.array("leaves", Float64Array),
    leafSize,
  };
  if (!areSound(trees, numFeatures)) throw new TypeError(DAMAGED);
  return trees;
}

const DAMAGED = "the stored trees of the forest are damaged";

/** Most different leaves that 16 bits can number. */
const MOST_LISTED = 65_536;

/** The different leaves, and the number of each leaf in that list; null when that would not save anything. */
function listLeaves(leaves: Float64Array, leafSize: number): { [name: string]: ModelState } | null {
  const numbers = new Uint16Array(leaves.length / leafSize);
  const most = Math.min(MOST_LISTED, numbers.length / 2);
  const known = new Map<number | string, number>();
  const values: number[] = [];
  for (let leaf = 0; leaf < numbers.length; leaf++) {
    const at = leaf * leafSize;
    const key = leafSize === 1 ? leaves[at] : leaves.subarray(at, at + leafSize).join();
    let number = known.get(key);
    if (number === undefined) {
      number = known.size;
      if (number >= most) return null;
      known.set(key, number);
      for (let k = 0; k < leafSize; k++) values.push(leaves[at + k]);
    }
    numbers[leaf] = number;
  }
  return { leafNumbers: numbers, leafValues: Float64Array.from(values) };
}

function leavesOf(numbers: Uint16Array, values: Float64Array, leafSize: number): Float64Array {
  const leaves = new Float64Array(numbers.length * leafSize);
  if (numbers.some((number) => (number + 1) * leafSize > values.length)) throw new TypeError(DAMAGED);
  for (let leaf = 0; leaf < numbers.length; leaf++) {
    for (let k = 0; k < leafSize; k++) leaves[leaf * leafSize + k] = values[numbers[leaf] * leafSize + k];
  }
  return leaves;
}

function areSound(trees: Trees, numFeatures: number): boolean {
  const { nodeStarts, leafStarts, features, bins, children, leaves, leafSize } = trees;
  const numTrees = nodeStarts.length - 1;
  if (numTrees < 1 || leafStarts.length !== nodeStarts.length) return false;
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
