import { isAbsolute, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import type { Stage } from "./stages.ts";

/** A place in the user's TypeScript; line and column count from 1. */
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
  /** The innermost frame in the user's project; `null` when the stack has none. */
  readonly location: SourceLocation | null;
}

/** Describes whatever was thrown; strings and other values that are no errors included. Never throws itself. */
export function describeFailure(thrown: unknown, stage: Stage | null): Failure {
  if (!(thrown instanceof Error)) {
    const message = `something that is not an Error was thrown: ${typeof thrown === "string" ? thrown : inspect(thrown)}`;
    return { name: "Error", message, stage, stack: "", location: null };
  }
  // An error's fields are whatever the code that threw it made of them.
  return {
    name: textOf(thrown.name) || "Error",
    message: messageWithCauses(thrown),
    stage,
    stack: textOf(thrown.stack),
    location: locate(stacksOf(thrown).join("\n")),
  };
}

const MAX_CAUSES = 5;

function messageWithCauses(error: Error): string {
  const messages = [textOf(error.message)];
  let depth = 1;
  for (let cause = error.cause; cause instanceof Error && depth < MAX_CAUSES; cause = cause.cause, depth++) {
    const message = textOf(cause.message);
    // An error may quote its cause already.
    if (!messages.some((earlier) => earlier !== message && earlier.includes(message))) messages.push(message);
  }
  return messages.filter((message) => message !== "").join(": ");
}

/** Stacks of the error, of its causes and of the errors it sums up: the innermost place may be in any of them. */
function stacksOf(error: Error): string[] {
  const stacks: string[] = [];
  for (let cause: unknown = error; cause instanceof Error && stacks.length < MAX_CAUSES; cause = cause.cause) {
    stacks.push(textOf(cause.stack));
  }
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  return [...stacks, ...errors.slice(0, MAX_CAUSES).map((one) => (one instanceof Error ? textOf(one.stack) : ""))];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : inspect(value);
}

const framePattern = /^\s*at (?:.*? \()?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/]).*?):(\d+):(\d+)\)?$/;

/** Frames are mapped to TypeScript by Node (`--enable-source-maps`) before this reads them. */
export function locate(stack: string): SourceLocation | null {
  const frames = stack.split("\n").flatMap((line): SourceLocation[] => {
    const match = framePattern.exec(line);
    if (match === null) return [];
    const file = match[1].startsWith("file:") ? fileURLToPath(match[1]) : match[1];
    return [{ file, line: Number(match[2]), column: Number(match[3]) }];
  });
  return frames.find(({ file }) => isProjectFile(file)) ?? null;
}

/** An executor's working directory is the project folder. */
function isProjectFile(file: string): boolean {
  const path = relative(process.cwd(), file);
  return !path.startsWith("..") && !isAbsolute(path) && !/^(.*[\\/])?(node_modules|\.scenario)[\\/]/.test(path);
}
