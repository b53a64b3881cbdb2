// xoshiro128**, as in random.ts.
let s0: u32 = 0;
let s1: u32 = 0;
let s2: u32 = 0;
let s3: u32 = 0;

@inline
function below(bound: i32): i32 {
  const result = rotl<u32>(s1 * 5, 7) * 9;
  const shifted = s1 << 9;
  s2 ^= s0;
  s3 ^= s1;
  s1 ^= s2;
  s0 ^= s3;
  s2 ^= shifted;
  s3 = rotl<u32>(s3, 11);
  return <i32>((<u64>result * <u64>(<u32>bound)) >> 32);
}

/** The state for a seed and a tree, as `seedState` in random.ts. */
function seed(randomState: u32, tree: u32): void {
  const counter = mix(randomState * 0x9e3779b9 ^ mix(tree + 0x7f4a7c15));
  s0 = mix(counter + 0x9e3779b9);
  s1 = mix(counter + 0x3c6ef372);
  s2 = mix(counter + 0xdaa66d2b);
  s3 = mix(counter + 0x78dde6e4);
}

function mix(value: u32): u32 {
  let z = value;
  z = (z ^ (z >> 16)) * 0x85ebca6b;
  z = (z ^ (z >> 13)) * 0xc2b2ae35;
  return z ^ (z >> 16);
}

/** A random order of the features, twice in a row, so that any rotation of it can be read at one place. */
function shuffleFeatures(): void {
  for (let i = 0; i < numFeatures; i++) store<u16>(orderAt + (<usize>i << 1), <u16>i);
  if (maxFeatures < numFeatures) return;
  for (let i = numFeatures - 1; i > 0; i--) {
    const j = below(i + 1);
    const one = orderAt + (<usize>i << 1);
    const other = orderAt + (<usize>j << 1);
    const kept = load<u16>(one);
    store<u16>(one, load<u16>(other));
    store<u16>(other, kept);
  }
  memory.copy(orderAt + (<usize>numFeatures << 1), orderAt, <usize>numFeatures << 1);
}

/** Where the list of features to search starts: all in a random rotation, or a random choice. */
function chooseFeatures(): usize {
  if (maxFeatures >= numFeatures) return orderAt + (<usize>below(numFeatures) << 1);
  for (let i = 0; i < maxFeatures; i++) drawFeature(i);
  return orderAt;
}

/** Brings a random feature of those not yet drawn to place `i`. */
@inline
function drawFeature(i: i32): void {
  const one = orderAt + (<usize>i << 1);
  const other = one + (<usize>below(numFeatures - i) << 1);
  const kept = load<u16>(one);
  store<u16>(one, load<u16>(other));
  store<u16>(other, kept);
}
