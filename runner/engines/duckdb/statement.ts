import type { DuckDBValue } from "@duckdb/node-api";
import { quoteIdentifier, type SqlParameter, type SqlQuery, sqlText } from "../../data/sql.ts";

/** Text of the user's inside a statement, so that an error's position can be told in the user's terms. */
interface Part {
  /** What the text is: `trainingMaster()`, `streams.x`, `--where`. */
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/**
 * A statement that grows by text and bound values. Text comes from this package or from the user's own SQL; all values
 * are bound as `$p0`, `$p1`, ... (named, so that a stray `$1` in the user's text is an error and not somebody's value).
 */
export class Statement {
  text = "";
  readonly values: Record<string, DuckDBValue> = {};
  readonly parts: Part[] = [];
  #numValues = 0;

  add(text: string): this {
    this.text += text;
    return this;
  }

  value(value: DuckDBValue): this {
    return this.add(this.#bind(value));
  }

  /** Comma-separated values. */
  list(values: readonly DuckDBValue[]): this {
    return this.add(values.map((value) => this.#bind(value)).join(", "));
  }

  /** A key's value as the column's own type, exact for every type because the text is cast. */
  keyValue(text: string, sqlType: string): this {
    return this.add(`cast(${this.#bind(text)} as ${sqlType})`);
  }

  identifier(name: string): this {
    return this.add(quoteIdentifier(name));
  }

  /** The user's SQL in parentheses. */
  query(query: SqlQuery, label: string): this {
    const text = sqlText(query, (index) => this.#parameter(query.parameters[index]));
    return this.userText(text.replace(/[\s;]+$/, ""), label);
  }

  /** Text of the user's in parentheses, on lines of its own so that a comment at its end does no harm. */
  userText(text: string, label: string): this {
    this.add("(\n");
    this.parts.push({ label, start: this.text.length, end: this.text.length + text.length });
    return this.add(`${text}\n)`);
  }

  /** This statement between two texts, as in `copy (...) to`. */
  inside(before: string, after: string): this {
    this.text = `${before}${this.text}${after}`;
    this.parts.forEach((part, index) => {
      this.parts[index] = { ...part, start: part.start + before.length, end: part.end + before.length };
    });
    return this;
  }

  #bind(value: DuckDBValue): string {
    const name = `p${this.#numValues++}`;
    this.values[name] = value;
    return `$${name}`;
  }

  #parameter(parameter: SqlParameter): string {
    if (parameter === null || typeof parameter === "string" || typeof parameter === "boolean") {
      return this.#bind(parameter);
    }
    if (typeof parameter === "number") {
      const isBig = Number.isSafeInteger(parameter) && Math.abs(parameter) > 2 ** 31 - 1;
      return isBig ? `cast(${this.#bind(BigInt(parameter))} as bigint)` : this.#bind(parameter);
    }
    if ("timestamp" in parameter) return `cast(${this.#bind(parameter.timestamp)} as timestamptz)`;
    const integer = BigInt(parameter.integer);
    const fits = BigInt.asIntN(64, integer) === integer;
    return fits ? `cast(${this.#bind(integer)} as bigint)` : this.#bind(integer);
  }

  /** Where a byte of the statement is in the user's own text; null outside of it. */
  locate(byteOffset: number): { label: string; line: number; character: number } | null {
    const offset = new TextDecoder().decode(new TextEncoder().encode(this.text).subarray(0, byteOffset)).length;
    const part = this.parts.findLast(({ start, end }) => offset >= start && offset <= end);
    if (part === undefined) return null;
    const before = this.text.slice(part.start, offset).split("\n");
    return { label: part.label, line: before.length, character: before[before.length - 1].length + 1 };
  }
}
