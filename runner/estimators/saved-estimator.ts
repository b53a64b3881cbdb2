import type { Estimator, Transformer } from "./estimator.ts";
import type { ModelState } from "./state.ts";

/** A fitted object as `{ class, state }`: what a model file holds. @throws NotFittedError */
export function saveEstimator(fitted: Estimator | Transformer): ModelState {
  return { class: fitted.constructor.name, state: fitted.toState() };
}
