import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod/mini";
import { sourceLocationSchema, stageSchema, wireMetrics } from "../executor/protocol.ts";
import { JournalError } from "./journal-error.ts";

const JOURNAL_FILE = "journal.ndjson";

// A batch leaves `.scenario/batches/<batch>/journal.ndjson`: a header, one line for each scenario as soon as its run is
// safe, and a last line when the batch is complete. That is all `--resume` needs after a crash.

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const headerSchema = z.object({
  type: z.literal("batch"),
  batch: z.string(),
  kind: z.enum(["all", "some"]),
  startTimeMs: z.number(),
  /** The MLflow run that holds the scenarios' runs; `null` for a few scenarios on their own. */
  parentRunId: z.nullable(z.string()),
  experiment: z.string(),
  trackingUri: z.string(),
  where: z.nullable(z.string()),
  snapshot: z.nullable(z.string()),
});

const modelPlaceSchema = z.object({ offset: z.int(), bytes: z.int() });
/** Where in a batch's `models.pack` a model file is. */
export type ModelPlace = Readonly<z.infer<typeof modelPlaceSchema>>;

export const failureSchema = z.object({
  name: z.string(),
  message: z.string(),
  stage: z.nullable(stageSchema),
  stack: z.string(),
  location: z.nullable(sourceLocationSchema),
});

const scenarioSchema = z.object({
  type: z.literal("scenario"),
  id: z.string(),
  scenario: z.record(z.string(), scalar),
  status: z.enum(["succeeded", "failed"]),
  /** `null` where the tracking settings ask for no run of its own. */
  runId: z.nullable(z.string()),
  /** Where the model is when no run has it. */
  packed: z.nullable(modelPlaceSchema),
  /** Version of the code that trained it. */
  code: z.string(),
  startTimeMs: z.number(),
  endTimeMs: z.number(),
  numRows: z.number(),
  /** NaN and infinities are text. */
  metrics: wireMetrics,
  params: z.record(z.string(), z.union([scalar, z.null()])),
  stages: z.array(z.object({ name: stageSchema, ms: z.number() })),
  warnings: z.array(z.string()),
  digest: z.nullable(z.string()),
  error: z.nullable(failureSchema),
});

const endSchema = z.object({ type: z.literal("end"), endTimeMs: z.number() });
const lineSchema = z.discriminatedUnion("type", [headerSchema, scenarioSchema, endSchema]);

export type BatchHeader = Readonly<z.infer<typeof headerSchema>>;
/** One scenario that has been trained (or has failed), and whose run is safe. */
export type JournalEntry = Readonly<z.infer<typeof scenarioSchema>>;

/** A new batch name: sorts by time, unique. */
export function newBatchName(now: Date): string {
  const time = now
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replaceAll(/[-:]/g, "")
    .replace("T", "-");
  return `${time}-${randomBytes(3).toString("hex")}`;
}

export function batchesFolder(projectDir: string): string {
  return join(projectDir, ".scenario", "batches");
}

export function batchFolder(projectDir: string, batch: string): string {
  return join(batchesFolder(projectDir), batch);
}

const LINE_END = 10;

/** Appends to one batch's journal. */
export class Journal implements AsyncDisposable {
  readonly folder: string;
  readonly #file: FileHandle;
  #writing: Promise<unknown> = Promise.resolve();
  /** The last line is only half there: a crash or a full disk cut it off. */
  #isTorn: boolean;

  private constructor(folder: string, file: FileHandle, isTorn: boolean) {
    this.folder = folder;
    this.#file = file;
    this.#isTorn = isTorn;
  }

  /** @throws JournalError */
  static async create(projectDir: string, header: BatchHeader): Promise<Journal> {
    const journal = await Journal.reopen(projectDir, header.batch);
    try {
      await journal.#append(header);
    } catch (error) {
      await journal[Symbol.asyncDispose]();
      throw error;
    }
    return journal;
  }

  /** To go on with a batch. @throws JournalError */
  static async reopen(projectDir: string, batch: string): Promise<Journal> {
    const folder = batchFolder(projectDir, batch);
    try {
      await mkdir(folder, { recursive: true });
      const file = await open(join(folder, "journal.ndjson"), "a+");
      const { size } = await file.stat();
      const last = size === 0 ? null : await file.read(new Uint8Array(1), 0, 1, size - 1);
      return new Journal(folder, file, last !== null && last.buffer[0] !== LINE_END);
    } catch (error) {
      throw new JournalError(folder, error);
    }
  }

  write(entry: JournalEntry): Promise<void> {
    return this.#append(entry);
  }

  /** Bytes that are safe; all that is written so far is among them once it has been awaited. */
  async size(): Promise<number> {
    await this.#writing;
    return (await this.#file.stat()).size;
  }

  complete(endTimeMs: number): Promise<void> {
    return this.#append({ type: "end", endTimeMs });
  }

  #append(line: z.infer<typeof lineSchema>): Promise<void> {
    const written = this.#writing.then(async () => {
      try {
        // What follows half a line must not be glued to it. Written at once: a line is small, and to hand it to a thread
        // while executors have all cores took half a millisecond, ten times the writing itself.
        appendFileSync(this.#file.fd, `${this.#isTorn ? "\n" : ""}${JSON.stringify(line)}\n`);
        this.#isTorn = false;
      } catch (error) {
        this.#isTorn = true;
        throw new JournalError(this.folder, error);
      }
    });
    this.#writing = written.catch(() => {});
    return written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }
}

/** What a journal says from a byte on. */
export interface JournalTail {
  readonly entries: readonly JournalEntry[];
  readonly isComplete: boolean;
}

/** Reads a batch's journal from a byte on; lines that are no whole entries (a crash) are passed over. */
export async function readJournal(folder: string, fromByte: number): Promise<JournalTail> {
  const entries: JournalEntry[] = [];
  let isComplete = false;
  for await (const line of journalLines(folder, fromByte)) {
    if (line.type === "end") isComplete = true;
    else if (line.type === "scenario") entries.push(line);
  }
  return { entries, isComplete };
}

/** The first line; `null` when there is no journal or it is damaged. */
export async function readJournalHeader(folder: string): Promise<BatchHeader | null> {
  for await (const line of journalLines(folder, 0)) return line.type === "batch" ? line : null;
  return null;
}

async function* journalLines(folder: string, fromByte: number): AsyncGenerator<z.infer<typeof lineSchema>> {
  const file = await open(join(folder, JOURNAL_FILE)).catch(() => null);
  if (file === null) return;
  await using _closed = { [Symbol.asyncDispose]: () => file.close() };
  for await (const text of createInterface({ input: file.createReadStream({ start: fromByte, autoClose: false }) })) {
    const line = lineSchema.safeParse(jsonOrNull(text));
    if (line.success) yield line.data;
  }
}

function jsonOrNull(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
