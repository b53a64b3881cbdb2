/** A column of a type that no model can take: a list, a struct, bytes. */
export class UnsupportedTypeError extends Error {
  override readonly name = "UnsupportedTypeError";
  readonly code = "UNSUPPORTED_TYPE";
  readonly column: string;
  /** As the source calls it, e.g. `List<Int64>` or `DOUBLE[]`. */
  readonly type: string;

  /** @param advice what to do about it, as the end of the sentence. */
  constructor(column: string, type: string, advice: string) {
    super(`column "${column}" has the type ${type}, which cannot become a feature: ${advice}`);
    this.column = column;
    this.type = type;
  }
}
