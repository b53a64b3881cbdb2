/** Numbers that come one after the other, some places left out; NaN is "missing". Eight bytes each, for very many scenarios. */
export class GrowingColumn {
  #values = new Float64Array(64).fill(Number.NaN);

  set(place: number, value: number): void {
    if (place >= this.#values.length) {
      const grown = new Float64Array(Math.max(place + 1, this.#values.length * 2)).fill(Number.NaN);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[place] = value;
  }

  get(place: number): number {
    return place < this.#values.length ? this.#values[place] : Number.NaN;
  }
}
