import type { Table } from "../table/table.ts";
import { InvalidInputError } from "./training-input.ts";

/** The columns an encoder works on: those it was told, or all that hold text. @throws InvalidInputError */
export function columnsToEncode(features: Table, chosen: readonly string[] | null, owner: string): string[] {
  if (chosen === null) return features.names.filter((name) => features.get(name).kind === "categorical");
  requireColumns(features, chosen, owner);
  return [...chosen];
}

/** Names of the columns that hold numbers. */
export function numericNames(features: Table): string[] {
  return features.names.filter((name) => features.get(name).kind === "numeric");
}

/** @throws InvalidInputError naming the first column that is not there. */
export function requireColumns(features: Table, names: readonly string[], owner: string): void {
  for (const name of names) {
    if (!features.has(name)) {
      throw new InvalidInputError(
        `${owner} needs column "${name}"; the table has ${features.names.join(", ") || "no columns"}`,
      );
    }
  }
}

/** `name`, or with a number after it where that is taken; the result is taken from then on. */
export function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let count = 2; taken.has(unique); count++) unique = `${name} (${count})`;
  taken.add(unique);
  return unique;
}
