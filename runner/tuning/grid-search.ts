import type { Params } from "../estimators/estimator.ts";

/** Values to try for each hyper-parameter; every combination is a candidate. */
export type SearchSpace = Readonly<Record<string, readonly (string | number | boolean | null)[]>>;

/** One candidate and how it did: `score` is a loss, lower is better; `error` when it could not be fitted. */
export interface Trial {
  readonly params: Params;
  readonly score: number | null;
  readonly ms: number;
  readonly error?: string;
}

/**
 * Every combination of the space, the last parameter varying fastest; one empty candidate for an empty space.
 *
 * @throws RangeError when a parameter has no values.
 */
export function candidatesOf(space: SearchSpace): Params[] {
  let candidates: Params[] = [{}];
  for (const [name, values] of Object.entries(space)) {
    if (values.length === 0) throw new RangeError(`the search space's "${name}" has no values to try`);
    candidates = candidates.flatMap((candidate) => values.map((value) => ({ ...candidate, [name]: value })));
  }
  return candidates;
}

/**
 * Scores every candidate once and keeps all of them. The first of equals wins, so put the default first.
 *
 * @param score the loss of a candidate on the validation rows.
 * @throws AggregateError when no candidate could be scored; RangeError when a parameter has no values.
 */
export async function gridSearch(
  space: SearchSpace,
  score: (params: Params) => number | Promise<number>,
): Promise<{ best: Params; trials: readonly Trial[] }> {
  const candidates = candidatesOf(space);
  if (candidates.length === 1) return { best: candidates[0], trials: [] };
  const trials: Trial[] = [];
  const errors: unknown[] = [];
  let best: Trial | null = null;
  for (const params of candidates) {
    const start = performance.now();
    let trial: Trial;
    try {
      const loss = await score(params);
      trial = { params, score: Number.isNaN(loss) ? null : loss, ms: performance.now() - start };
    } catch (error) {
      errors.push(error);
      trial = { params, score: null, ms: performance.now() - start, error: String(error) };
    }
    trials.push(trial);
    if (trial.score !== null && (best === null || best.score === null || trial.score < best.score)) best = trial;
  }
  if (best === null && errors.length === candidates.length) {
    throw new AggregateError(errors, `none of the ${candidates.length} candidates could be trained: ${errors[0]}`);
  }
  // No loss is a number: the first that could be fitted at all.
  best ??= trials.find((trial) => trial.error === undefined) ?? trials[0];
  return { best: best.params, trials };
}
