import type { RunContent } from "./stages.ts";

/** `logRun` returned something that can't be logged. */
class RunContentError extends Error {
  override readonly name = "RunContentError";
}

/**
 * Checks that every value is of the kind that its type says: projects are bundled without a type check, and figures of the
 * user's come from computations that may forget one.
 *
 * @throws RunContentError naming the first value that is not.
 */
export function checkRunContent({ params, metrics, tags, artifacts }: RunContent): void {
  const paramTypes = ["string", "number", "boolean"];
  check(
    params,
    "param",
    (value) => value === null || paramTypes.includes(typeof value),
    "text, a number, true or false",
  );
  check(metrics, "metric", (value) => typeof value === "number", "a number");
  check(tags, "tag", (value) => typeof value === "string", "text");
  check(
    artifacts,
    "artifact",
    (value) => typeof value === "string" || value instanceof Uint8Array,
    "text or bytes (Uint8Array)",
  );
}

function check(values: object, kind: string, isUsable: (value: unknown) => boolean, expected: string): void {
  if (typeof values !== "object" || values === null) throw new RunContentError(`logRun returned no ${kind}s`);
  for (const [name, value] of Object.entries(values)) {
    if (isUsable(value)) continue;
    const found = value === null ? "null" : typeof value;
    throw new RunContentError(`the ${kind} "${name}" is ${found}, not ${expected}`);
  }
}
