import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import * as z from "zod/mini";
import type { Failure } from "../pipeline/failure.ts";
import { encodeFrame, readFrames } from "./frames.ts";
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
}

const KEPT_PRINTS = 20;

/** One executor process and its pipes. */
export class ExecutorProcess implements Disposable {
  readonly exit: Promise<ExecutorExit>;
  readonly #child: ChildProcess;
  readonly #responses: AsyncGenerator<{ response: Response; body: Uint8Array }>;

  private constructor(child: ChildProcess, options: ExecutorOptions) {
    this.#child = child;
    const lastPrints: string[] = [];
    createInterface({ input: child.stderr! }).on("line", (line) => {
      lastPrints.push(line);
      if (lastPrints.length > KEPT_PRINTS) lastPrints.shift();
      options.onPrint(line);
    });
    this.exit = new Promise((resolve) => {
      child.once("error", (error) => resolve({ code: null, signal: null, lastPrints: [error.message] }));
      child.once("close", (code, signal) => resolve({ code, signal, lastPrints }));
    });
    // A request that meets a dead process is answered by the exit, not by a broken pipe.
    child.stdin!.on("error", () => {});
    this.#responses = readResponses(child.stdout!);
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
      },
    );
    const executor = new ExecutorProcess(child, options);
    const first = await executor.next();
    if (first?.response.type === "ready") return { executor, project: first.response.project };
    executor[Symbol.dispose]();
    if (first?.response.type === "broken") throw new ProjectLoadError(first.response.failure);
    const { code, signal, lastPrints } = await executor.exit;
    throw new ProjectLoadError({
      name: "Error",
      message: `the project's code ended the process while it was loaded (${signal ?? `code ${code}`}): ${lastPrints.join("\n")}`,
      stage: null,
      stack: "",
      location: null,
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(request: Request, ...body: readonly Uint8Array[]): void {
    for (const part of encodeFrame(request, ...body)) this.#child.stdin!.write(part);
  }

  /** The next response; `null` when the process has ended. */
  async next(): Promise<{ response: Response; body: Uint8Array } | null> {
    const next = await this.#responses.next();
    return next.done ? null : next.value;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  [Symbol.dispose](): void {
    this.#child.stdin!.end();
    this.kill();
  }
}

async function* readResponses(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ response: Response; body: Uint8Array }> {
  try {
    for await (const { header, body } of readFrames(stream)) {
      const parsed = responseSchema.safeParse(header);
      if (!parsed.success)
        throw new ExecutorProtocolError(`an executor answered nonsense: ${z.prettifyError(parsed.error)}`);
      yield { response: parsed.data, body };
    }
  } catch (error) {
    // A process that dies may leave half a frame behind; its exit tells the story.
    if (error instanceof Error && error.name === "FrameError") return;
    throw error;
  }
}
