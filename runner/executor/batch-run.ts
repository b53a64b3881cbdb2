import type { Failure } from "../pipeline/failure.ts";
import type { Batch, PoolEvent, PoolOptions, ScenarioResult } from "./batch.ts";
import { Countdown } from "./countdown.ts";
import type { EventQueue } from "./event-queue.ts";
import { type ExecutorProcess, ExecutorProtocolError } from "./executor-process.ts";
import { failureOfDeath, type KillReason, watchMemory } from "./limits.ts";
import { fromWire, type Request, type Response } from "./protocol.ts";

/** One batch on one executor, until all its scenarios are answered or the process is gone. */
export class BatchRun {
  readonly #executor: ExecutorProcess;
  readonly #batch: Batch;
  readonly #options: PoolOptions;
  readonly #events: EventQueue<PoolEvent>;
  readonly #request: Request;
  /** Scenarios answered so far. */
  #done: number;
  #startedAtMs: number | null = null;
  #killed: KillReason | null = null;
  #lastWords: Failure | null = null;
  #clock: Countdown | null = null;

  constructor(
    executor: ExecutorProcess,
    type: Request["type"],
    batch: Batch,
    skip: number,
    options: PoolOptions,
    events: EventQueue<PoolEvent>,
  ) {
    this.#executor = executor;
    this.#batch = batch;
    this.#options = options;
    this.#events = events;
    this.#done = skip;
    const common = {
      id: executor.nextRequestId(),
      rowsBytes: batch.ipc.length,
      skip,
      numThreads: options.numThreads,
      stages: options.stages,
    };
    this.#request =
      type === "train"
        ? { type, ...common }
        : { type, ...common, modelBytes: (batch.models ?? []).map((model) => model.length) };
  }

  async finish(): Promise<{ done: number; died: boolean }> {
    const { pid } = this.#executor;
    using _memory = pid === undefined ? null : watchMemory(pid, this.#options.limits, () => this.#kill("memory"));
    this.#executor.send(this.#request, this.#batch.ipc, ...(this.#batch.models ?? []));
    try {
      for (let next = await this.#executor.next(); next !== null; next = await this.#executor.next()) {
        if (next.response.type === "done") return { done: this.#done, died: false };
        await this.#handle(next.response, next.body);
      }
      await this.#buryExecutor();
      return { done: this.#done, died: true };
    } finally {
      this.#clock?.[Symbol.dispose]();
    }
  }

  async #handle(response: Response, body: Uint8Array): Promise<void> {
    switch (response.type) {
      case "started":
        this.#startedAtMs = Date.now();
        this.#clock = new Countdown(this.#options.limits.timeoutMs, () => this.#kill("time"));
        return this.#tell({ type: "started", scenario: this.#batch.scenarios[response.index] });
      case "stage": {
        const { stage, ms, size } = response;
        return this.#tell({ type: "stage", scenario: this.#batch.scenarios[response.index], stage, ms, size });
      }
      case "result":
        return this.#answer(response, body);
      case "broken":
        // Thrown outside of any scenario, by a timer that an earlier one left behind: the process ends after this.
        this.#lastWords = response.failure;
        return;
      default:
        throw new ExecutorProtocolError(`an executor answered "${response.type}" in the middle of a batch`);
    }
  }

  /** While the consumer is behind, nobody hears the executor, so the clock of its scenario stands still. */
  async #tell(event: PoolEvent): Promise<void> {
    this.#clock?.pause();
    await this.#events.push(event);
    this.#clock?.resume();
  }

  async #answer(response: Extract<Response, { type: "result" }>, body: Uint8Array): Promise<void> {
    const { index, stages, warnings } = response;
    if (index !== this.#done) throw new ExecutorProtocolError(`an executor answered scenario ${index} out of order`);
    if (response.status === "failed")
      return this.#settle({ status: "failed", failure: response.failure, stages, warnings });
    const { digest, params, metrics, tags } = response;
    const files = new Map<string, Uint8Array>();
    let start = 0;
    for (const { path, bytes } of response.files) {
      files.set(path, body.subarray(start, start + bytes));
      start += bytes;
    }
    return this.#settle({
      status: "succeeded",
      digest,
      params,
      metrics: fromWire(metrics),
      tags,
      files,
      stages,
      warnings,
    });
  }

  async #settle(outcome: Outcome): Promise<void> {
    this.#clock?.[Symbol.dispose]();
    this.#clock = null;
    const endTimeMs = Date.now();
    const times = { startTimeMs: this.#startedAtMs ?? endTimeMs, endTimeMs };
    const scenario = this.#batch.scenarios[this.#done++];
    this.#startedAtMs = null;
    await this.#events.push({ type: "result", result: { scenario, ...times, ...outcome } });
  }

  /**
   * The scenario at work died with its process. A process that dies between two scenarios is only replaced; but a fresh
   * one that dies without any progress takes the next scenario with it, so that the run ends.
   */
  async #buryExecutor(): Promise<void> {
    const exit = await this.#executor.exit;
    if (this.#done >= this.#batch.scenarios.length) return;
    const hasProgressed = this.#done > this.#request.skip || this.#executor.hasServed;
    if (this.#startedAtMs === null && hasProgressed) return;
    const failure = this.#lastWords ?? failureOfDeath(exit, this.#killed, this.#options.limits);
    await this.#settle({ status: "failed", failure, stages: [], warnings: [] });
  }

  #kill(reason: KillReason): void {
    this.#killed = reason;
    this.#executor.kill();
  }
}

type Outcome = ScenarioResult extends infer Result
  ? Result extends unknown
    ? Omit<Result, "scenario" | "startTimeMs" | "endTimeMs">
    : never
  : never;
