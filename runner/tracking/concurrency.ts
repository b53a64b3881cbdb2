/** Lets at most `limit` tasks run at a time; the others wait their turn. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(limit: number) {
    this.#free = limit;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((start) => this.#waiting.push(start));
    else this.#free--;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/** Runs `task` for every item, at most `limit` at a time; rejects with the first failure after all have ended. */
export async function forEachLimited<T>(
  items: Iterable<T>,
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const slots = new Slots(limit);
  const results = await Promise.allSettled(Array.from(items, (item) => slots.run(() => task(item))));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
