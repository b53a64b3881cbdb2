/** A mistake in what a project declares: a `Data` class, a stream, a query. Says which class and which field. */
export class DataDefinitionError extends Error {
  override readonly name = "DataDefinitionError";
  readonly code = "DATA_DEFINITION";
  /** The user's class, e.g. `SalesData`. */
  readonly className: string;
  /** The field or method with the mistake, e.g. `scenarioKey` or `streams.sales`. */
  readonly field: string;

  constructor(className: string, field: string, problem: string, options?: ErrorOptions) {
    super(`${className}.${field} ${problem}`, options);
    this.className = className;
    this.field = field;
  }
}
