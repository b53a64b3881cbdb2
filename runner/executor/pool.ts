import type { Batch, PoolEvent, PoolOptions } from "./batch.ts";
import { BatchRun } from "./batch-run.ts";
import { EventQueue } from "./event-queue.ts";
import { ExecutorProcess } from "./executor-process.ts";
import type { Request } from "./protocol.ts";

/** So many results may wait for the consumer before the executors have to. */
const QUEUED_EVENTS = 64;

/**
 * Executor processes that share the batches of one run. A scenario that throws, hangs, exhausts its memory or ends its
 * process is one failed result; its batch goes on behind it in a fresh process.
 */
export class ExecutorPool implements Disposable {
  readonly #options: PoolOptions;
  readonly #idle: ExecutorProcess[] = [];
  readonly #running = new Set<ExecutorProcess>();
  #events: EventQueue<PoolEvent> | null = null;
  #disposed = false;

  /** @param first an executor that is there already, from loading the project. */
  constructor(options: PoolOptions, first: ExecutorProcess) {
    this.#options = options;
    this.#idle.push(first);
    this.#running.add(first);
  }

  /**
   * Trains or predicts every scenario of the batches; events come as they happen, results once a scenario. Once it has
   * returned, no process is left.
   *
   * @throws what the batches throw, after the results so far.
   */
  async *run(type: Request["type"], batches: AsyncIterable<Batch>): AsyncGenerator<PoolEvent> {
    const events = new EventQueue<PoolEvent>(QUEUED_EVENTS);
    this.#events = events;
    const source = batches[Symbol.asyncIterator]();
    const next = oneAtATime(source);
    const workers = Array.from({ length: this.#options.jobs }, () => this.#work(type, next, events));
    const finished = Promise.all(workers).then(
      () => events.end(),
      (error: unknown) => events.fail(error),
    );
    try {
      yield* events;
    } finally {
      const exits = [...this.#running].map((executor) => executor.exit);
      this[Symbol.dispose]();
      await finished;
      await source.return?.();
      await Promise.all(exits);
    }
  }

  /** Ends the run, if there is one: its consumer gets no more results. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#events?.abandon();
    for (const executor of this.#running) executor[Symbol.dispose]();
    this.#running.clear();
  }

  async #work(type: Request["type"], next: () => Promise<Batch | null>, events: EventQueue<PoolEvent>): Promise<void> {
    let executor: ExecutorProcess | null = null;
    for (let batch = await next(); batch !== null && !this.#disposed; batch = await next()) {
      let done = 0;
      while (done < batch.scenarios.length && !this.#disposed) {
        executor ??= this.#idle.pop() ?? (await this.#start());
        const answered = await new BatchRun(executor, type, batch, done, this.#options, events).finish();
        done = answered.done;
        if (answered.died) {
          this.#running.delete(executor);
          executor = null;
        }
      }
    }
  }

  async #start(): Promise<ExecutorProcess> {
    const { executor } = await ExecutorProcess.start({ ...this.#options, memoryMiB: this.#options.limits.memoryMiB });
    if (this.#disposed) executor[Symbol.dispose]();
    else this.#running.add(executor);
    return executor;
  }
}

/** The next batch for any of several workers: an iterator takes one call at a time. */
function oneAtATime(batches: AsyncIterator<Batch>): () => Promise<Batch | null> {
  let turn: Promise<unknown> = Promise.resolve();
  return () => {
    const next = turn.then(async () => {
      const { done, value } = await batches.next();
      return done ? null : value;
    });
    turn = next.catch(() => {});
    return next;
  };
}
