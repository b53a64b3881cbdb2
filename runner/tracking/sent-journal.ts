import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import type { FileStore } from "./file-store.ts";

const Line = z.object({
  /**
   * `begun` stands before the call that makes the run on the server, `sent` after the last call. `reconciled`: from
   * here on the journal knows all runs that this folder has in the server's experiment. `registered`: a model version.
   */
  event: z.enum(["reconciled", "begun", "sent", "registered"]),
  /** Which experiment of the server; another one after its database was made anew. */
  experiment: z.string(),
  id: z.string(),
  revision: z.optional(z.string()),
  serverRunId: z.optional(z.string()),
});
type Line = z.infer<typeof Line>;

/** What is known of a run that was begun to be sent, or sent (then with its revision). */
export interface KnownRun {
  readonly revision: string | undefined;
  readonly serverRunId: string | undefined;
}

/**
 * Which runs of a folder a server has. It saves asking the server: a run of which the journal says nothing was never
 * begun, so it needs no look-up; one that was begun and not ended is looked up. The journal is a file of lines in the
 * folder's root, which MLflow's readers ignore; a line that a crash cut off is passed over. Without the file everything
 * is found again by {@link reconcile}.
 */
export class SentJournal {
  readonly #store: FileStore;
  readonly #fileName: string;
  readonly #runs = new Map<string, KnownRun>();
  readonly #serverRuns = new Map<string, string>();
  readonly #sentRevisions = new Map<string, string>();
  readonly #reconciled = new Set<string>();
  readonly #registered = new Map<string, string | undefined>();

  private constructor(store: FileStore, fileName: string, text: string) {
    this.#store = store;
    this.#fileName = fileName;
    for (const line of text.split("\n")) this.#read(line);
  }

  /** Reads the journal of `server`, a name as {@link serverId} makes it. */
  static async open(store: FileStore, server: string): Promise<SentJournal> {
    const fileName = `.scenario-sent-${server}.jsonl`;
    const text = await readFile(join(store.root, fileName), "utf8").catch(() => "");
    // The rest of a line that was cut off must not swallow the next one.
    if (text !== "" && !text.endsWith("\n")) await store.appendLine(fileName, "");
    return new SentJournal(store, fileName, text);
  }

  /** What is known of the run; `undefined` if it was never begun. */
  find(experiment: string, runId: string): KnownRun | undefined {
    return this.#runs.get(`${experiment}/${runId}`);
  }

  /** The server's id of a run in whatever experiment. */
  serverRunOf(runId: string): string | undefined {
    return this.#serverRuns.get(runId);
  }

  /** Whether this revision of the run was sent, to whatever experiment: a guess as long as the server isn't asked. */
  isSentAnywhere(runId: string, revision: string): boolean {
    return this.#sentRevisions.get(runId) === revision;
  }

  isReconciled(experiment: string): boolean {
    return this.#reconciled.has(experiment);
  }

  /** Takes over what the server has of this folder's runs (our id, its id). */
  async reconcile(experiment: string, runs: readonly (readonly [runId: string, serverRunId: string])[]): Promise<void> {
    await this.#append(
      ...runs.map(([id, serverRunId]) => ({ event: "begun" as const, experiment, id, serverRunId })),
      // The last line: after a crash before it, all is looked up again.
      { event: "reconciled", experiment, id: "" },
    );
  }

  async begun(experiment: string, runId: string, serverRunId?: string): Promise<void> {
    await this.#append({
      event: "begun",
      experiment,
      id: runId,
      ...(serverRunId === undefined ? {} : { serverRunId }),
    });
  }

  async sent(experiment: string, runId: string, revision: string, serverRunId: string): Promise<void> {
    await this.#append({ event: "sent", experiment, id: runId, revision, serverRunId });
  }

  /** Whether this model version was registered in this state (its run and aliases). */
  isRegistered(version: string, state: string): boolean {
    return this.#registered.get(version) === state;
  }

  async registered(version: string, state: string): Promise<void> {
    await this.#append({ event: "registered", experiment: "", id: version, revision: state });
  }

  #read(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return;
    }
    const parsed = Line.safeParse(value);
    if (parsed.success) this.#keep(parsed.data);
  }

  #keep({ event, experiment, id, revision, serverRunId }: Line): void {
    switch (event) {
      case "reconciled":
        this.#reconciled.add(experiment);
        break;
      case "registered":
        this.#registered.set(id, revision);
        break;
      case "begun":
      case "sent":
        this.#runs.set(`${experiment}/${id}`, { revision, serverRunId });
        if (serverRunId !== undefined) this.#serverRuns.set(id, serverRunId);
        if (revision !== undefined) this.#sentRevisions.set(id, revision);
    }
  }

  async #append(...lines: Line[]): Promise<void> {
    await this.#store.appendLine(this.#fileName, lines.map((line) => JSON.stringify(line)).join("\n"));
    for (const line of lines) this.#keep(line);
  }
}
