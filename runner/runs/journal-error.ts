/** A batch's own folder can't be written. What the journal named before is safe. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code = "JOURNAL";

  /** @param folder of the batch. */
  constructor(folder: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `the run can't be journalled in ${folder}: ${reason}. Make it writable or free some space, then go on with \`scenario train --all --resume\``,
      { cause },
    );
  }
}
