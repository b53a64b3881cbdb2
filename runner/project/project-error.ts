import type { SourceLocation } from "../pipeline/failure.ts";

export type ProjectErrorCode =
  /** No folder with a `scenario.config.ts`. */
  | "PROJECT_NOT_FOUND"
  /** A new project can't be made where something is already. */
  | "PROJECT_EXISTS"
  /** The user's code can't be bundled: a syntax error, an import that is not there. */
  | "PROJECT_BUILD"
  /** The user's code threw while it was loaded, or exports no project. */
  | "PROJECT_LOAD";

/** The project can't be used as it is; nothing has been trained. */
export class ProjectError extends Error {
  override readonly name = "ProjectError";
  readonly code: ProjectErrorCode;
  /** Where in the user's source; `null` when no place is known. */
  readonly location: SourceLocation | null;

  constructor(code: ProjectErrorCode, message: string, location: SourceLocation | null = null, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.location = location;
  }
}
