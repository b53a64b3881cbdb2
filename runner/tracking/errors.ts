/** What went wrong with the place where runs are kept. */
export type TrackingErrorCode =
  | "TRACKING_DISK_FULL"
  | "TRACKING_FOLDER_UNWRITABLE"
  | "TRACKING_FOLDER_INVALID"
  | "TRACKING_URI_INVALID"
  | "TRACKING_CONFIGURATION_INVALID"
  | "TRACKING_RECORD_INVALID"
  | "EXPERIMENT_NOT_FOUND"
  | "EXPERIMENT_DELETED"
  | "RUN_NOT_FOUND"
  | "SYNC_LOCKED";

/** A failure of the tracking folder or of its settings; the message says what to do. */
export class TrackingError extends Error {
  override readonly name = "TrackingError";
  readonly code: TrackingErrorCode;

  constructor(code: TrackingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The `code` of a Node system error (`ENOENT`), or `undefined` for any other value. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Turns a file system error met while writing below `folder` into a {@link TrackingError}; others pass unchanged. */
export function folderError(error: unknown, folder: string): unknown {
  const code = systemErrorCode(error);
  if (error instanceof TrackingError || code === undefined) return error;
  const reason = error instanceof Error ? error.message : String(error);
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new TrackingError(
        "TRACKING_DISK_FULL",
        `No space is left for runs in ${folder}. Free some space there, or set another tracking folder, and run again with --resume. (${reason})`,
        { cause: error },
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new TrackingError(
        "TRACKING_FOLDER_UNWRITABLE",
        `Runs can't be written to ${folder}: it is read-only for this user. Give write permission, or set another tracking folder. (${reason})`,
        { cause: error },
      );
    case "ENOTDIR":
    case "EEXIST":
    case "ENAMETOOLONG":
      return new TrackingError(
        "TRACKING_FOLDER_INVALID",
        `${folder} can't be used as a tracking folder: something on that path is not a folder, or its name is too long. Set another tracking folder. (${reason})`,
        { cause: error },
      );
    default:
      return new TrackingError("TRACKING_FOLDER_INVALID", `Writing runs to ${folder} failed: ${reason}`, {
        cause: error,
      });
  }
}
