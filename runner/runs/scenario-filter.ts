/** What a filter can ask of one scenario. */
export interface FilterSubject {
  /** The readable id, such as `store=2/brand=1`. */
  readonly id: string;
  readonly status: "untrained" | "succeeded" | "failed";
  /** A key column's value as text; `null` when there is no such column. */
  key(column: string): string | null;
  /** NaN when the scenario doesn't have it; `null` when no scenario has it. */
  metric(name: string): number | null;
  /** Rows of the scenario. */
  readonly numRows: number;
}

export type ScenarioFilter = (subject: FilterSubject) => boolean;

/** The filter can't be understood; the message says what can be written. */
export class ScenarioFilterError extends Error {
  override readonly name = "ScenarioFilterError";
}

const help =
  'write e.g. "failed", "untrained", "worse than baseline", "wape > 0.3", "rows < 50", "store = 2", or a part of the name';
const statuses = ["untrained", "succeeded", "failed"] as const;
const comparison = /^([\p{L}_][\p{L}\p{N}_.]*)\s*(<=|>=|!=|=|<|>)\s*("[^"]*"|\S+)/u;

/**
 * Reads a filter as people type it: conditions that must all hold, with or without `and` between them.
 *
 * @throws ScenarioFilterError
 * @example
 * parseScenarioFilter("failed store = 2");
 * parseScenarioFilter("wape > 0.3 and rows >= 50");
 */
export function parseScenarioFilter(text: string): ScenarioFilter {
  const conditions: ScenarioFilter[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const { condition, length } = readCondition(rest);
    if (condition !== null) conditions.push(condition);
    rest = rest.slice(length).trim();
  }
  return (subject) => conditions.every((condition) => condition(subject));
}

function readCondition(text: string): { condition: ScenarioFilter | null; length: number } {
  const and = /^and(?=\s|$)/i.exec(text);
  if (and !== null) return { condition: null, length: and[0].length };
  const worse = /^(worse|better)\s+than\s+baseline(?=\s|$)/i.exec(text);
  if (worse !== null) {
    const isWorse = worse[1].toLowerCase() === "worse";
    return { condition: (subject) => comparesToBaseline(subject, isWorse), length: worse[0].length };
  }
  const compared = comparison.exec(text);
  if (compared !== null) {
    const [whole, name, operator, value] = compared;
    return { condition: compare(name, operator, value.replaceAll('"', "")), length: whole.length };
  }
  const [word] = /^("[^"]*"|\S+)/.exec(text) ?? [text];
  const status = statuses.find((candidate) => candidate === word.toLowerCase());
  if (status !== undefined) return { condition: (subject) => subject.status === status, length: word.length };
  if (/^[<>=!]/.test(word)) throw new ScenarioFilterError(`"${word}" has nothing to compare with; ${help}`);
  const wanted = word.replaceAll('"', "").toLowerCase();
  return { condition: ({ id }) => id.toLowerCase().includes(wanted), length: word.length };
}

function comparesToBaseline(subject: FilterSubject, isWorse: boolean): boolean {
  const skill = subject.metric("mae_vs_baseline") ?? subject.metric("log_loss_vs_baseline") ?? Number.NaN;
  return isWorse ? skill < 0 : skill > 0;
}

function compare(name: string, operator: string, value: string): ScenarioFilter {
  const number = Number(value);
  return (subject) => {
    const key = subject.key(name);
    if (key !== null && (operator === "=" || operator === "!=")) return (key === value) === (operator === "=");
    const left = key !== null ? Number(key) : name === "rows" ? subject.numRows : subject.metric(name);
    if (left === null) {
      throw new ScenarioFilterError(`"${name}" is no key column and no metric of any scenario; ${help}`);
    }
    if (Number.isNaN(number))
      throw new ScenarioFilterError(`"${name} ${operator} ${value}": ${value} is no number; ${help}`);
    return holds(left, operator, number);
  };
}

function holds(left: number, operator: string, right: number): boolean {
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    case "!=":
      return left !== right && !Number.isNaN(left);
    default:
      return left === right;
  }
}
