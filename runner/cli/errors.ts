import { CommanderError } from "commander";
import { exitCodes } from "./exit-codes.ts";
import { note, type Terminal } from "./terminal.ts";

/** A mistake in what was typed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Errors that speak for themselves: their message says what is wrong and what to do. */
const plainErrors = new Set([
  "UsageError",
  "ProjectError",
  "DataError",
  "DataDefinitionError",
  "UnsupportedTypeError",
  "ScenarioKeyError",
  "ScenarioFilterError",
  "TrackingError",
  "MlflowError",
  "ResumeError",
  "NothingTrainedError",
  "JournalError",
  "BatchBusyError",
]);

/** Is this what a signal makes of an operation, and nothing else that went wrong? */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || ("code" in error && error.code === "ABORTED"));
}

/** The file system or the network says no: its words name the call and the path, and our stack would add nothing. */
function isSystemError(error: Error): boolean {
  return "syscall" in error && "code" in error;
}

/** Says once, at the door, what went wrong. @returns the exit code. */
export function reportError(terminal: Terminal, error: unknown): number {
  // Commander has written its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.unusable;
  if (error instanceof Error && (plainErrors.has(error.name) || isSystemError(error)))
    note(terminal, `error: ${error.message}`);
  else note(terminal, `internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return exitCodes.unusable;
}
