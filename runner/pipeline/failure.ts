import { isAbsolute, relative } from "node:path";
import type { Stage } from "./stages.ts";

/** A place in the user's or the runner's TypeScript; line and column count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Why a scenario has no result, as plain data: it crosses processes and is stored. */
export interface Failure {
  /** Class of the error, such as `TooFewRowsError`. */
  readonly name: string;
  readonly message: string;
  /** The stage that threw; `null` when none was running. */
  readonly stage: Stage | null;
  readonly stack: string;
  /** The innermost frame in the user's project, else in the runner; `null` when the stack names no file. */
  readonly location: SourceLocation | null;
}

/** Describes whatever was thrown; strings and other values that are no errors included. */
export function describeFailure(thrown: unknown, stage: Stage | null): Failure {
  if (!(thrown instanceof Error)) {
    return { name: "Error", message: `not an Error was thrown: ${String(thrown)}`, stage, stack: "", location: null };
  }
  const stack = thrown.stack ?? "";
  return { name: thrown.name, message: messageWithCauses(thrown), stage, stack, location: locate(stack) };
}

function messageWithCauses(error: Error): string {
  const messages = [error.message];
  for (let cause = error.cause; cause instanceof Error && messages.length < 5; cause = cause.cause) {
    messages.push(cause.message);
  }
  return messages.filter((message) => message !== "").join(": ");
}

const framePattern = /^\s*at (?:.*? \()?(?:file:\/\/)?((?:\/|[A-Za-z]:[\\/]).*?):(\d+):(\d+)\)?$/;

/** Frames are mapped to TypeScript by Node (`--enable-source-maps`) before this reads them. */
export function locate(stack: string): SourceLocation | null {
  const frames = stack.split("\n").flatMap((line): SourceLocation[] => {
    const match = framePattern.exec(line);
    return match === null ? [] : [{ file: match[1], line: Number(match[2]), column: Number(match[3]) }];
  });
  return frames.find(({ file }) => isProjectFile(file)) ?? frames[0] ?? null;
}

/** An executor's working directory is the project folder. */
function isProjectFile(file: string): boolean {
  const path = relative(process.cwd(), file);
  return !path.startsWith("..") && !isAbsolute(path) && !/^(.*[\\/])?(node_modules|\.scenario)[\\/]/.test(path);
}
