import * as z from "zod/mini";

/** A value that reaches SQL as a bound parameter; JSON, so that a description can travel between processes. */
export type SqlParameter =
  | string
  | number
  | boolean
  | null
  /** A 64-bit (or larger) integer in decimal digits. */
  | { readonly integer: string }
  /** A time stamp, ISO 8601 in UTC. */
  | { readonly timestamp: string };

/** What may stand inside `${}` of the {@link sql} tag. A list becomes comma-separated parameters, for `in (...)`. */
export type SqlValue = SqlFragment | SqlScalar | readonly SqlScalar[];
type SqlScalar = string | number | boolean | bigint | null | Date;

/** A quoted name. Made by {@link identifier}. */
interface SqlIdentifier {
  readonly kind: "identifier";
  readonly quoted: string;
}

/** SQL with its values apart: `pieces[0] <parameter 0> pieces[1] <parameter 1> ... pieces[n]`. */
export interface SqlQuery {
  readonly kind: "sql";
  /** One more than there are parameters. */
  readonly pieces: readonly string[];
  readonly parameters: readonly SqlParameter[];
}

type SqlFragment = SqlQuery | SqlIdentifier;

const sqlParameterSchema = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.object({ integer: z.string() }),
  z.object({ timestamp: z.string() }),
]);

export const sqlQuerySchema = z
  .object({
    kind: z.literal("sql"),
    pieces: z.readonly(z.array(z.string())),
    parameters: z.readonly(z.array(sqlParameterSchema)),
  })
  .check(z.refine((query) => query.pieces.length === query.parameters.length + 1, "pieces and parameters disagree"));

/**
 * SQL as a tagged template. Values become bound parameters, never text; other `sql` fragments and {@link identifier}s
 * are put in place. Nothing runs.
 *
 * @throws TypeError for a value that SQL has no type for (undefined, an object, NaN).
 * @example
 * const recent = sql`week >= ${100}`;
 * const query = sql`select * from ${identifier("sales")} where ${recent} and brand in (${[1, 2]})`;
 * sqlText(query); // select * from "sales" where week >= $1 and brand in ($2, $3)
 */
export function sql(strings: TemplateStringsArray, ...values: readonly SqlValue[]): SqlQuery {
  const pieces = [strings[0]];
  const parameters: SqlParameter[] = [];
  const append = (text: string): void => {
    pieces[pieces.length - 1] += text;
  };
  values.forEach((value, index) => {
    if (isSqlQuery(value)) {
      append(value.pieces[0]);
      pieces.push(...value.pieces.slice(1));
      parameters.push(...value.parameters);
    } else if (isIdentifier(value)) {
      append(value.quoted);
    } else {
      const scalars = isList(value) ? value : [value];
      if (scalars.length === 0) append("null"); // `x in (null)` is true for no row
      scalars.forEach((scalar, position) => {
        if (position > 0) append(", ");
        parameters.push(parameterOf(scalar));
        pieces.push("");
      });
    }
    append(strings[index + 1]);
  });
  return { kind: "sql", pieces, parameters };
}

/** A quoted name, with dots between its parts: `identifier("cat", "t")` is `"cat"."t"`. */
export function identifier(...parts: readonly string[]): SqlIdentifier {
  return { kind: "identifier", quoted: parts.map(quoteIdentifier).join(".") };
}

/** `name` in double quotes, as SQL writes an identifier literally. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Is it what the {@link sql} tag returns? */
export function isSqlQuery(value: unknown): value is SqlQuery {
  return sqlQuerySchema.safeParse(value).success;
}

/**
 * The text with a placeholder for each parameter: `$1`, `$2`, ... unless `placeholder` says otherwise.
 *
 * @param placeholder gets the parameter's index, from 0.
 */
export function sqlText(query: SqlQuery, placeholder = (index: number): string => `$${index + 1}`): string {
  return query.pieces.reduce((text, piece, index) => text + placeholder(index - 1) + piece);
}

function isIdentifier(value: SqlValue): value is SqlIdentifier {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "identifier";
}

function isList(value: SqlValue): value is readonly SqlScalar[] {
  return Array.isArray(value);
}

function parameterOf(value: unknown): SqlParameter {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return { integer: value.toString() };
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return { timestamp: value.toISOString() };
  const shown = typeof value === "object" ? Object.prototype.toString.call(value) : String(value);
  throw new TypeError(
    `sql\`...\` got ${shown} as a value; use text, a finite number, a bigint, a boolean, a Date, null, ` +
      "a list of these, another sql`...` or identifier(name)",
  );
}
