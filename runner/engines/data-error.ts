/** What went wrong with the project's data; stable, for programs. */
type DataErrorCode =
  /** A stream's file, folder or table is not there. */
  | "STREAM_NOT_FOUND"
  /** A file that can't be read as what it should be. */
  | "DAMAGED_FILE"
  /** A column has another type, or is absent, in some files of a stream. */
  | "CHANGED_SCHEMA"
  /** The key, time or target column is not in the master table. */
  | "COLUMN_NOT_FOUND"
  /** A list, struct or the like in the master table, or a time column that can't order rows. */
  | "UNSUPPORTED_TYPE"
  /** The SQL of a master table, a query stream or `--where` is wrong, or failed while it ran. */
  | "SQL"
  /** The master table has no (usable) rows. */
  | "EMPTY"
  /** There is no `predictionMaster()`. */
  | "NO_PREDICTION_MASTER"
  | "SNAPSHOT_NOT_FOUND"
  | "SNAPSHOT_DAMAGED"
  | "OUT_OF_MEMORY"
  | "DISK"
  | "ABORTED"
  /** The engine is used after `dispose`, or failed inside. */
  | "ENGINE";

interface DataErrorPlace {
  readonly stream?: string;
  readonly file?: string;
  readonly column?: string;
  /** `trainingMaster()`, `predictionMaster()`, `streams.sales` or `--where`. */
  readonly query?: string;
  /** Where in that query's text, both from 1. */
  readonly line?: number;
  readonly character?: number;
}

/** The project's data can't be used as declared. The message says what, where, and what to do. */
export class DataError extends Error {
  override readonly name = "DataError";
  readonly code: DataErrorCode;
  readonly place: DataErrorPlace;

  constructor(code: DataErrorCode, message: string, place: DataErrorPlace = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.place = place;
  }
}
