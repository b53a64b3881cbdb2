import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The built command line, as `npm run build` makes it. */
const SCENARIO = join(import.meta.dirname, "..", "..", "..", "runner", "dist", "scenario.js");

/** A condition that does not come true in this time never will. */
const PATIENCE_MS = 60_000;
const POLL_MS = 10;

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunSetup {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A `scenario` process that is still running; it leads a process group of its own, as a shell's job does. */
export class Running implements Disposable {
  readonly finished: Promise<Finished>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";

  constructor(args: readonly string[], { cwd, env }: RunSetup) {
    const child = spawn(process.execPath, [SCENARIO, ...args], {
      cwd,
      env: { ...cleanEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#child = child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.finished = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the process did not start");
    return this.#child.pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** To this process alone, as `kill PID`. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** To it and all its children, as the terminal does on Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Ends what a failed test left running. */
  [Symbol.dispose](): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.signalGroup("SIGKILL");
  }

  /** Stops reading what it prints, as `head` does. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }
}

export function startScenario(args: readonly string[], setup: RunSetup): Running {
  return new Running(args, setup);
}

/** Runs `scenario` to its end. */
export function scenario(args: readonly string[], setup: RunSetup): Promise<Finished> {
  return startScenario(args, setup).finished;
}

/** Without the settings of whoever runs the tests. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(MLFLOW|DATABRICKS|SPARK|NODE_OPTIONS|VITEST)/.test(name),
  );
  return Object.fromEntries(kept);
}

/** Waits until `value` gives something other than `undefined`. @param what for the message when it never does. */
export async function eventually<T>(what: string, value: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await value();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await sleep(POLL_MS);
  }
}

/** What `train --json` prints for a scenario. */
export interface ScenarioLine {
  readonly scenario: Readonly<Record<string, string | number | boolean>>;
  readonly status: "succeeded" | "failed";
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly stages: readonly { readonly name: string; readonly ms: number }[];
  readonly runId: string | null;
  readonly warnings: readonly string[];
  readonly error: null | {
    readonly name: string;
    readonly message: string;
    readonly stage: string | null;
    readonly location: { readonly file: string; readonly line: number; readonly column: number } | null;
  };
}

export interface SummaryLine {
  readonly batch: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly isComplete: boolean;
  readonly parentRunId: string | null;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Every line of standard output as JSON. */
export function jsonLines(text: string): unknown[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
}

/** The output of `train --json`: one line a scenario, the summary last. */
export function trainOutput(text: string): { readonly scenarios: ScenarioLine[]; readonly summary: SummaryLine } {
  const lines = jsonLines(text);
  const last = lines.pop();
  if (typeof last !== "object" || last === null || !("summary" in last)) {
    throw new Error(`the last line is not the summary: ${JSON.stringify(last)}`);
  }
  return { scenarios: lines as ScenarioLine[], summary: last.summary as SummaryLine };
}
