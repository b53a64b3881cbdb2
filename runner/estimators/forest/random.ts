/**
 * xoshiro128** 1.1 by Blackman and Vigna (2018, public domain), seeded by splitmix32. The compiled kernel has the same
 * generator, so its trees see the same bootstrap samples.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Streams of one seed are independent of each other: a forest takes one for each tree. */
  constructor(seed: number, stream: number) {
    const state = seedState(seed, stream);
    this.#a = state[0];
    this.#b = state[1];
    this.#c = state[2];
    this.#d = state[3];
  }

  /** A whole number from 0 (inclusive) to `bound` (exclusive, at most 2^32), by multiplication: bias below bound/2^32. */
  below(bound: number): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return Math.floor((result * bound) / 4294967296);
  }
}

/** The four words of state for a seed and stream. */
function seedState(seed: number, stream: number): Int32Array {
  const state = new Int32Array(4);
  let counter = mix(Math.imul(seed, 0x9e3779b9) ^ mix(stream + 0x7f4a7c15));
  for (let word = 0; word < 4; word++) {
    counter = (counter + 0x9e3779b9) | 0;
    state[word] = mix(counter);
  }
  return state;
}

/** The finaliser of splitmix32 (constants of MurmurHash3, Appleby). */
function mix(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}
