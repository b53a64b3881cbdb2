/** Events from several producers to one consumer, in order; producers wait while too many are unread. */
export class EventQueue<T> implements AsyncIterable<T> {
  readonly #limit: number;
  readonly #events: T[] = [];
  #ended = false;
  #error: { readonly cause: unknown } | null = null;
  #wakeConsumer: () => void = () => {};
  #wakeProducers: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  async push(event: T): Promise<void> {
    if (this.#ended) return;
    this.#events.push(event);
    this.#wakeConsumer();
    if (this.#events.length >= this.#limit) await new Promise<void>((resolve) => this.#wakeProducers.push(resolve));
  }

  end(): void {
    this.#ended = true;
    this.#wakeConsumer();
  }

  /** The consumer gets the events so far, then the error. */
  fail(cause: unknown): void {
    this.#error = { cause };
    this.end();
  }

  /** Nothing is added any more, and producers never wait again. The consumer gets what there is. */
  abandon(): void {
    this.end();
    this.#release();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) {
        if (this.#events.length < this.#limit) this.#release();
        yield event;
      } else if (this.#ended) {
        if (this.#error !== null) throw this.#error.cause;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wakeConsumer = resolve;
        });
      }
    }
  }

  #release(): void {
    for (const wake of this.#wakeProducers.splice(0)) wake();
  }
}
