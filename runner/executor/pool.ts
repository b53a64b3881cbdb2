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
  #disposed = false;

  /** @param first an executor that is there already, from loading the project. */
  constructor(options: PoolOptions, first: ExecutorProcess) {
    this.#options = options;
    this.#idle.push(first);
    this.#running.add(first);
  }

  /** Trains or predicts every scenario of the batches; events come as they happen, results once a scenario. */
  async *run(type: Request["type"], batches: AsyncIterable<Batch>): AsyncGenerator<PoolEvent> {
    const events = new EventQueue<PoolEvent>(QUEUED_EVENTS);
    const source = sharedSource(batches);
    const workers = Array.from({ length: this.#options.jobs }, () => this.#work(type, source, events));
    const finished = Promise.all(workers).then(
      () => events.end(),
      (error: unknown) => events.fail(error),
    );
    try {
      yield* events;
    } finally {
      events.abandon();
      this[Symbol.dispose]();
      await finished;
      await batches[Symbol.asyncIterator]().return?.();
    }
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
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

/** Batches for several workers from one iterator, one call at a time. */
function sharedSource(batches: AsyncIterable<Batch>): () => Promise<Batch | null> {
  const iterator = batches[Symbol.asyncIterator]();
  let turn: Promise<unknown> = Promise.resolve();
  return () => {
    const next = turn.then(async () => {
      const { done, value } = await iterator.next();
      return done ? null : value;
    });
    turn = next.catch(() => {});
    return next;
  };
}
