import * as z from "zod/mini";

/** Parts of a date as cyclic pairs. */
export const calendarParts = ["hour of day", "day of week", "day of month", "month of year"] as const;
export type CalendarPart = (typeof calendarParts)[number];

export const rollingStatistics = ["mean", "min", "max", "std"] as const;
export type RollingStatistic = (typeof rollingStatistics)[number];

/** One feature as data, so that training and prediction compute the same thing. `name` is what people see. */
export type FeatureDefinition =
  /** A column of the master table as it is. */
  | { readonly kind: "column"; readonly name: string; readonly column: string }
  /** The `lag`-th most recent target that is known at the row (1 is the latest). */
  | { readonly kind: "lag"; readonly name: string; readonly lag: number }
  /** A statistic of the `window` most recent known targets (of fewer at the start; missing without any). */
  | {
      readonly kind: "rolling";
      readonly name: string;
      readonly window: number;
      readonly statistic: RollingStatistic;
    }
  /** Sine or cosine of a part of the row's time. */
  | { readonly kind: "calendar"; readonly name: string; readonly part: CalendarPart; readonly wave: "sin" | "cos" };

/** Everything that is needed to compute the same features again from rows of the same columns. */
export interface FeatureRecipe {
  readonly time: string | null;
  readonly target: string;
  /** Steps between the last known target and a row. */
  readonly horizon: number;
  /** Units of `time` in one step. */
  readonly step: number;
  readonly features: readonly FeatureDefinition[];
}

const name = z.string().check(z.minLength(1));
const count = z.int().check(z.positive());

/** Validates a recipe that comes from a model file. */
export const featureRecipeSchema = z.object({
  time: z.nullable(z.string()),
  target: z.string(),
  horizon: count,
  step: z.number().check(z.positive()),
  features: z.array(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("column"), name, column: z.string() }),
      z.object({ kind: z.literal("lag"), name, lag: count }),
      z.object({ kind: z.literal("rolling"), name, window: count, statistic: z.enum(rollingStatistics) }),
      z.object({
        kind: z.literal("calendar"),
        name,
        part: z.enum(calendarParts),
        wave: z.enum(["sin", "cos"]),
      }),
    ]),
  ),
});

/** How many of the most recent known targets the recipe looks at. */
export function memoryOf(recipe: FeatureRecipe): number {
  let memory = 0;
  for (const feature of recipe.features) {
    if (feature.kind === "lag") memory = Math.max(memory, feature.lag);
    if (feature.kind === "rolling") memory = Math.max(memory, feature.window);
  }
  return memory;
}
