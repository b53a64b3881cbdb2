import type { Command } from "commander";
import { openSnapshot } from "../../engines/snapshot.ts";
import type { Stage } from "../../pipeline/stages.ts";
import type { StageSize } from "../../pipeline/train-scenario.ts";
import type { TrainOptions } from "../../runs/batch-plan.ts";
import type { JournalEntry } from "../../runs/journal.ts";
import type { Session } from "../../runs/session.ts";
import { snapshotsFolder } from "../../runs/snapshots.ts";
import { type TrainEvent, train } from "../../runs/train.ts";
import { UsageError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { type Invocation, parseScenarios, withSession } from "../invocation.ts";
import { positiveInteger } from "../option-values.ts";
import { duration, ScenarioProgress } from "../progress.ts";
import { noteRefused } from "../refused-runs.ts";
import { batchReport, scenarioReport } from "../reports.ts";
import { note, print, type Terminal } from "../terminal.ts";

interface TrainFlags {
  readonly project?: string;
  readonly scenario?: readonly string[];
  readonly all?: boolean;
  readonly where?: string;
  readonly snapshot?: string;
  readonly resume?: boolean;
  readonly jobs?: number;
  readonly json?: boolean;
}

export function trainCommand(program: Command, invocation: Invocation, setExitCode: (code: number) => void): void {
  program
    .command("train")
    .description("train scenarios and log them to MLflow")
    .option("--scenario <key=value...>", "this scenario (several times for several)")
    .option("--all", "every scenario of the master table")
    .option("--where <sql>", "with --all: only rows for which this holds")
    .option("--snapshot <id>", "train on a snapshot of the master table (see `scenario snapshot`)")
    .option("--resume", "with --all: go on with the last run, doing only what is missing")
    .option("--jobs <n>", "executors at the same time (default: one a core)", positiveInteger)
    .option("--json", "one JSON object per scenario as it finishes, a last one with the summary")
    .addHelpText(
      "after",
      `
Examples:
  scenario train --scenario store=2,brand=1
  scenario train --all --jobs 2
  scenario train --all --where "store < 10" --json
  scenario train --all --resume

Exit codes: 0 all succeeded, 1 some failed, 2 usage or project error, 130 stopped by Ctrl-C.`,
    )
    .action(async (_, command: Command) => {
      const flags = command.optsWithGlobals<TrainFlags>();
      checkFlags(flags);
      setExitCode(await withSession(invocation, flags.project, (session) => run(invocation, session, flags)));
    });
}

function checkFlags({ scenario, all, where, resume }: TrainFlags): void {
  if (all && scenario !== undefined) throw new UsageError("give either --all or --scenario, not both");
  if (!all && scenario === undefined) {
    throw new UsageError("which scenarios? Give --scenario key=value, or --all (narrowed down by --where)");
  }
  if (!all && (resume || where !== undefined)) throw new UsageError("--resume and --where go with --all");
}

async function run(invocation: Invocation, session: Session, flags: TrainFlags): Promise<number> {
  const { terminal, signal } = invocation;
  const { data } = session.project.description;
  const options: TrainOptions = {
    ...(flags.scenario === undefined
      ? {}
      : { scenarios: await parseScenarios(session.engine, data.scenarioKey, flags.scenario) }),
    ...(flags.where === undefined ? {} : { where: flags.where }),
    ...(flags.snapshot === undefined
      ? {}
      : { snapshot: await openSnapshot(snapshotsFolder(session.project.dir), flags.snapshot) }),
    ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
    resume: flags.resume ?? false,
    stages: !flags.json && flags.scenario !== undefined,
    signal,
    onSending: ({ sent, total }) => note(terminal, `sent ${sent} of ${total} runs to the tracking server`),
  };
  const startMs = Date.now();
  const view = flags.json ? new JsonView(terminal) : new TextView(terminal, data.scenarioKey);
  let end: EndEvent | null = null;
  try {
    for await (const event of train(session, options)) {
      view.show(event);
      if (event.type === "end") end = event;
    }
  } finally {
    view[Symbol.dispose]();
  }
  if (end === null) throw new Error("the run ended without an outcome");
  view.end(end, (Date.now() - startMs) / 1000);
  const { outcome, sending } = end;
  noteRefused(terminal, sending.refused);
  if (!outcome.isComplete) {
    const goOn = flags.all ? "; `scenario train --all --resume` goes on from there" : "";
    note(terminal, `stopped: ${outcome.results.size} scenarios are done and safe${goOn}`);
    return exitCodes.interrupted;
  }
  return outcome.summary.failed + sending.refused.length > 0 ? exitCodes.someFailed : exitCodes.success;
}

type EndEvent = Extract<TrainEvent, { type: "end" }>;

/** What `--json` promises. */
class JsonView implements Disposable {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(event: TrainEvent): void {
    if (event.type === "begin") for (const warning of event.warnings) note(this.#terminal, `warning: ${warning}`);
    if (event.type !== "result") return;
    const { scenario, status, params, stages, runId, error, warnings } = event.entry;
    // JSON has no NaN and no infinities.
    const numbers = Object.entries(event.entry.metrics).map(([name, value]) => [
      name,
      typeof value === "number" ? value : null,
    ]);
    const metrics: Record<string, number | null> = Object.fromEntries(numbers);
    print(this.#terminal, JSON.stringify({ scenario, status, metrics, params, stages, runId, error, warnings }));
  }

  end({ outcome, sending }: EndEvent, seconds: number): void {
    const { batch, summary, isComplete, parentRunId, location } = outcome;
    const { pending, refused } = sending;
    const whole = { batch, ...summary, isComplete, parentRunId, seconds, pending, refused: refused.length };
    print(this.#terminal, JSON.stringify({ summary: whole }));
    // On a server, runs that it has not got are somewhere else than where one would look.
    if (pending > 0 || refused.length > 0) note(this.#terminal, location);
  }

  [Symbol.dispose](): void {}
}

class TextView implements Disposable {
  readonly #terminal: Terminal;
  readonly #scenarioKey: readonly string[];
  #progress: ScenarioProgress | null = null;
  #last: JournalEntry | null = null;
  /** Of the last scenario's stages. */
  readonly #sizes = new Map<Stage, StageSize>();

  constructor(terminal: Terminal, scenarioKey: readonly string[]) {
    this.#terminal = terminal;
    this.#scenarioKey = scenarioKey;
  }

  show(event: TrainEvent): void {
    if (event.type === "begin") {
      for (const warning of event.warnings) note(this.#terminal, `warning: ${warning}`);
      if (event.numDone > 0)
        note(this.#terminal, `${event.numDone} of ${event.numScenarios} scenarios are done already`);
      if (event.numScenarios > 1)
        this.#progress = new ScenarioProgress(this.#terminal, event.numScenarios, event.numDone);
    } else if (event.type === "stage") {
      if (event.size !== null) this.#sizes.set(event.stage, event.size);
    } else if (event.type === "result") {
      this.#last = event.entry;
      this.#progress?.advance(event.entry.status === "failed");
    } else if (event.type === "end") {
      this[Symbol.dispose]();
    }
  }

  /** The bar gives the cursor back. */
  [Symbol.dispose](): void {
    this.#progress?.[Symbol.dispose]();
    this.#progress = null;
  }

  end({ outcome }: EndEvent, seconds: number): void {
    const isOne = outcome.parentRunId === null && outcome.results.size === 1;
    const report =
      isOne && this.#last !== null ? scenarioReport(this.#last, this.#sizes) : batchReport(outcome, this.#scenarioKey);
    print(this.#terminal, report);
    print(this.#terminal, `\n${duration(seconds)}. ${outcome.location}`);
  }
}
