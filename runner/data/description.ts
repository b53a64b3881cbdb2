import * as z from "zod/mini";
import { Data, type Task } from "./data.ts";
import { DataDefinitionError } from "./data-errors.ts";
import { isSqlQuery, type SqlQuery, sqlQuerySchema } from "./sql.ts";
import { type StreamSpec, streamSpecSchema } from "./streams.ts";

/** Everything a `Data` class declares, as plain JSON. What is absent is `null`. */
export interface DataDescription {
  /** The user's class, for messages. */
  readonly className: string;
  readonly streams: Readonly<Record<string, StreamSpec>>;
  readonly scenarioKey: readonly string[];
  readonly time: string | null;
  readonly target: string;
  readonly horizon: number;
  readonly task: Task | null;
  readonly step: number | null;
  readonly seasonLength: number;
  readonly trainingMaster: SqlQuery;
  readonly predictionMaster: SqlQuery | null;
}

const name = z.string("must be a column's name").check(z.minLength(1, "must not be empty"));

export const dataDescriptionSchema = z.object({
  className: z.string(),
  streams: z.record(z.string().check(z.minLength(1)), streamSpecSchema),
  scenarioKey: z.array(name, "must be a column's name or a list of them").check(z.minLength(1, "names no column")),
  time: z.nullable(name),
  target: name,
  horizon: z.int("must be a whole number of time steps").check(z.gte(1, "must be 1 or more")),
  task: z.nullable(z.enum(["regression", "binary", "multiclass"], 'must be "regression", "binary" or "multiclass"')),
  seasonLength: z.int("must be a whole number of time steps").check(z.gte(1, "must be 1 or more")),
  step: z.nullable(z.number("must be a number").check(z.gt(0, "must be above 0"))),
  trainingMaster: sqlQuerySchema,
  predictionMaster: z.nullable(sqlQuerySchema),
});

/**
 * Reads a `Data` object into plain JSON. Its SQL methods are called; nothing runs.
 *
 * @throws DataDefinitionError naming the class and the field.
 */
export function describeData(data: Data): DataDescription {
  const className = data.constructor.name || "Data";
  const fail = (field: string, problem: string, cause?: unknown): never => {
    throw new DataDefinitionError(className, field, problem, { cause });
  };
  if (!(data instanceof Data)) throw new DataDefinitionError(className, "constructor", "is not a subclass of Data");
  const parsed = dataDescriptionSchema.safeParse({
    className,
    streams: data.streams,
    scenarioKey: typeof data.scenarioKey === "string" ? [data.scenarioKey] : data.scenarioKey,
    time: data.time ?? null,
    target: data.target,
    horizon: data.horizon,
    task: data.task ?? null,
    step: data.step ?? null,
    seasonLength: data.seasonLength,
    trainingMaster: master(data, "trainingMaster", fail),
    predictionMaster: data.predictionMaster === undefined ? null : master(data, "predictionMaster", fail),
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return fail(issue.path.join("."), issue.path[0] === "streams" ? streamProblem(issue) : issue.message);
  }
  checkNames(parsed.data, fail);
  return parsed.data;
}

type Fail = (field: string, problem: string, cause?: unknown) => never;

function master(data: Data, field: "trainingMaster" | "predictionMaster", fail: Fail): SqlQuery {
  let query: unknown;
  try {
    query = data[field]?.();
  } catch (error) {
    return fail(`${field}()`, `failed: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  return isSqlQuery(query) ? query : fail(`${field}()`, "must return sql`...`");
}

function streamProblem(issue: z.core.$ZodIssue): string {
  if (issue.path.length === 1) return "must be an object of named streams";
  if (issue.path.length === 2) return "must be made by parquet(...), csv(...), table(...) or query(...)";
  if (issue.code === "unrecognized_keys") return `has no option ${issue.keys.join(", ")}`;
  return issue.code === "invalid_type" ? `must be a ${issue.expected}` : `is wrong: ${issue.message}`;
}

/** SQL names ignore case, so names that differ only by case would shadow each other. */
function checkNames(description: DataDescription, fail: Fail): void {
  const repeated = (names: readonly string[]): string | undefined => {
    const lower = names.map((text) => text.toLowerCase());
    return names.find((_, index) => lower.indexOf(lower[index]) < index);
  };
  const { streams, scenarioKey, time, target } = description;
  const stream = repeated(Object.keys(streams));
  if (stream !== undefined) fail(`streams.${stream}`, "is declared twice (names ignore case)");
  const column = repeated(scenarioKey);
  if (column !== undefined) fail("scenarioKey", `names "${column}" twice`);
  const isKey = (text: string | null): boolean =>
    text !== null && scenarioKey.some((key) => key.toLowerCase() === text.toLowerCase());
  if (isKey(time)) fail("time", `"${time}" is part of the scenario key`);
  if (isKey(target)) fail("target", `"${target}" is part of the scenario key`);
  if (time?.toLowerCase() === target.toLowerCase()) fail("target", `"${target}" is the time column`);
}
