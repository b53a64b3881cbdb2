import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import * as z from "zod/mini";
import type { Failure } from "../pipeline/failure.ts";
import { encodeFrame, FrameError, readFrames } from "./frames.ts";
import { type ProjectDescription, type Request, type Response, responseSchema } from "./protocol.ts";

export interface ExecutorOptions {
  /** The project's bundle, an `.mjs` file. */
  readonly bundle: string;
  /** Working directory of the user's code: the project folder. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Heap limit; the whole process is watched by the pool. */
  readonly memoryMiB: number;
  /** What the user's code prints, line by line. */
  readonly onPrint: (line: string) => void;
  /** Kills the process, even while it loads the project. */
  readonly signal?: AbortSignal;
}

/** The user's project could not be loaded; `failure` has the place in its source. */
export class ProjectLoadError extends Error {
  override readonly name = "ProjectLoadError";
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The protocol was broken: a bug of ours or another version's bundle. */
export class ExecutorProtocolError extends Error {
  override readonly name = "ExecutorProtocolError";
}

/** How an executor ended. */
export interface ExecutorExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of standard error. */
  readonly lastPrints: readonly string[];
  /** Something else than frames came from its standard output. */
  readonly wroteForeignOutput: boolean;
}

/** A config that takes so long to load waits for something or runs in circles. */
const LOAD_LIMIT_MS = 60_000;
const KEPT_PRINTS = 20;
/** So long after the end of a process its last words may still arrive; longer is a process of its own that holds the pipes. */
const LAST_WORDS_MS = 500;
const isWindows = process.platform === "win32";

/** One executor process with its pipes, and with whatever processes the user's code starts in it. */
export class ExecutorProcess implements Disposable {
  /** Settles when the process has ended and what it printed has been read. */
  readonly exit: Promise<ExecutorExit>;
  readonly #child: ChildProcess;
  readonly #responses: AsyncGenerator<{ response: Response; body: Uint8Array }>;
  #hasServed = false;
  #numRequests = 0;

  private constructor(child: ChildProcess, options: ExecutorOptions) {
    this.#child = child;
    const lastPrints: string[] = [];
    createInterface({ input: child.stderr! }).on("line", (line) => {
      lastPrints.push(line);
      if (lastPrints.length > KEPT_PRINTS) lastPrints.shift();
      options.onPrint(line);
    });
    let wroteForeignOutput = false;
    this.exit = new Promise((resolve) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null) =>
        resolve({ code, signal, lastPrints, wroteForeignOutput });
      child.once("error", (error) => {
        lastPrints.push(error.message);
        ended(null, null);
      });
      child.once("close", ended);
      child.once("exit", () => {
        // What the user's code has started must not outlive it, nor keep the pipes open.
        this.kill();
        setTimeout(() => {
          child.stdout?.destroy();
          child.stderr?.destroy();
        }, LAST_WORDS_MS).unref();
      });
    });
    // A request that meets a dead process is answered by the exit, not by a broken pipe.
    child.stdin!.on("error", () => {});
    this.#responses = readResponses(child.stdout!, () => {
      wroteForeignOutput = true;
      this.kill();
    });
  }

  /**
   * Starts an executor and loads the project in it.
   *
   * @throws ProjectLoadError when the user's code can't be loaded.
   */
  static async start(options: ExecutorOptions): Promise<{ executor: ExecutorProcess; project: ProjectDescription }> {
    const child = spawn(
      process.execPath,
      ["--enable-source-maps", `--max-old-space-size=${options.memoryMiB}`, options.bundle],
      {
        cwd: options.cwd,
        // Inside the editor this makes its binary behave as Node; elsewhere it does nothing.
        env: { ...options.env, ELECTRON_RUN_AS_NODE: "1" },
        stdio: ["pipe", "pipe", "pipe"],
        // A process group of its own, to be ended as a whole; an interrupt from the terminal is the host's business.
        detached: !isWindows,
        ...(options.signal === undefined ? {} : { signal: options.signal, killSignal: "SIGKILL" }),
      },
    );
    const executor = new ExecutorProcess(child, options);
    const overdue = setTimeout(() => executor.kill(), LOAD_LIMIT_MS);
    const startMs = Date.now();
    const first = await executor.next();
    clearTimeout(overdue);
    if (first?.response.type === "ready") return { executor, project: first.response.project };
    executor[Symbol.dispose]();
    if (first?.response.type === "broken") throw new ProjectLoadError(first.response.failure);
    const how =
      Date.now() - startMs >= LOAD_LIMIT_MS
        ? `killed after ${LOAD_LIMIT_MS / 1000} s`
        : howLoadingEnded(await executor.exit);
    throw new ProjectLoadError({
      name: "Error",
      message: `the project's code ended the process while it was loaded (${how})`,
      stage: null,
      stack: "",
      location: null,
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** A number that no request of this process had before. */
  nextRequestId(): number {
    return this.#numRequests++;
  }

  send(request: Request, ...body: readonly Uint8Array[]): void {
    for (const part of encodeFrame(request, ...body)) this.#child.stdin!.write(part);
  }

  /** Whether it has finished a request. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  /** The next response; `null` when the process has ended. */
  async next(): Promise<{ response: Response; body: Uint8Array } | null> {
    const next = await this.#responses.next();
    if (next.done) return null;
    if (next.value.response.type === "done") this.#hasServed = true;
    return next.value;
  }

  /** Ends it and the processes that it has started. */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (!isWindows) process.kill(-pid, "SIGKILL");
    } catch {
      // No process of the group is left.
    }
    this.#child.kill("SIGKILL");
  }

  [Symbol.dispose](): void {
    this.#child.stdin!.end();
    this.kill();
  }
}

/** Node's exit code when nothing is left to wait for but a top-level `await` has not settled. */
const UNSETTLED_AWAIT = 13;

function howLoadingEnded({ code, signal, lastPrints, wroteForeignOutput }: ExecutorExit): string {
  if (wroteForeignOutput) return "it wrote to standard output past the console";
  if (code === UNSETTLED_AWAIT) return "a top-level `await` in it never settles";
  const last = lastPrints.length === 0 ? "" : `; last it printed: ${lastPrints.join("\n")}`;
  return `${signal ?? `code ${code}`}${last}`;
}

async function* readResponses(
  stream: AsyncIterable<Uint8Array>,
  onForeignOutput: () => void,
): AsyncGenerator<{ response: Response; body: Uint8Array }> {
  try {
    for await (const { header, body } of readFrames(stream)) {
      const parsed = responseSchema.safeParse(header);
      if (!parsed.success)
        throw new ExecutorProtocolError(`an executor answered nonsense: ${z.prettifyError(parsed.error)}`);
      yield { response: parsed.data, body };
    }
  } catch (error) {
    // A process that dies may leave half a frame behind, or have its pipe taken away; its exit tells the story.
    if (error instanceof FrameError) {
      if (error.isForeign) onForeignOutput();
      return;
    }
    if (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE") return;
    throw error;
  }
}
