import type { Table } from "../table/table.ts";
import {
  type Classifier,
  type Estimator,
  type FitOptions,
  isClassifier,
  isTransformer,
  type Params,
  type RestorePart,
  type Transformer,
} from "./estimator.ts";
import { saveEstimator } from "./saved-estimator.ts";
import { type ModelState, StateReader } from "./state.ts";

/** Transformers, then the estimator that learns from what they return. */
interface EstimatorPipelineOptions<Last extends Estimator = Estimator> {
  readonly transformers: readonly Transformer[];
  readonly estimator: Last;
}

/**
 * Transformers and one estimator that are fitted and applied in a row: scikit-learn's `Pipeline`. Sample weights go to
 * the estimator only. Make it with {@link makePipeline}.
 */
export class EstimatorPipeline<Last extends Estimator = Estimator> implements Estimator {
  static readonly name: string = "EstimatorPipeline";
  readonly transformers: readonly Transformer[];
  readonly estimator: Last;

  constructor({ transformers, estimator }: EstimatorPipelineOptions<Last>) {
    this.transformers = transformers;
    this.estimator = estimator;
  }

  /** Each step by its lower-case class name (with `-1`, `-2` where it occurs more than once), in order. */
  get steps(): (readonly [name: string, step: Transformer | Estimator])[] {
    const steps = [...this.transformers, this.estimator];
    const names = steps.map((step) => step.constructor.name.toLowerCase());
    return steps.map((step, i) => {
      const same = names.filter((name) => name === names[i]).length;
      const nth = names.slice(0, i + 1).filter((name) => name === names[i]).length;
      return [same === 1 ? names[i] : `${names[i]}-${nth}`, step] as const;
    });
  }

  /** The steps' parameters as `<step>__<parameter>`, as scikit-learn names them. */
  getParams(): Params {
    const params: [string, string | number | boolean | null][] = [];
    for (const [name, step] of this.steps) {
      for (const [param, value] of Object.entries(step.getParams())) params.push([`${name}__${param}`, value]);
    }
    return Object.fromEntries(params);
  }

  fit(features: Table, target: Float64Array, options: FitOptions = {}): this {
    let table = features;
    for (const transformer of this.transformers) table = transformer.fit(table, target).transform(table);
    this.estimator.fit(table, target, options);
    return this;
  }

  /** The features as the estimator gets them. */
  transformFeatures(features: Table): Table {
    return this.transformers.reduce((table, transformer) => transformer.transform(table), features);
  }

  predict(features: Table): Float64Array {
    return this.estimator.predict(this.transformFeatures(features));
  }

  /** The estimator's, with those of derived columns (one-hot, indicators) added to the column they were made of. */
  get featureImportances(): Readonly<Record<string, number>> | undefined {
    const importances = this.estimator.featureImportances;
    if (importances === undefined) return undefined;
    const bySource = new Map<string, number>();
    const allSources = this.transformers.map((transformer) => transformer.featureSources ?? {}).reverse();
    for (const [feature, importance] of Object.entries(importances)) {
      let source = feature;
      for (const sources of allSources) if (Object.hasOwn(sources, source)) source = sources[source];
      bySource.set(source, (bySource.get(source) ?? 0) + importance);
    }
    return Object.fromEntries(bySource);
  }

  toState(): ModelState {
    return { transformers: this.transformers.map(saveEstimator), estimator: saveEstimator(this.estimator) };
  }

  static fromState(state: ModelState, restorePart: RestorePart): EstimatorPipeline {
    const { transformers, estimator } = restoreParts(state, restorePart);
    return new EstimatorPipeline({ transformers, estimator });
  }
}

/** A pipeline whose estimator is a classifier. */
export class ClassifierPipeline extends EstimatorPipeline<Classifier> implements Classifier {
  static override readonly name = "ClassifierPipeline";

  predictProba(features: Table): Float64Array {
    return this.estimator.predictProba(this.transformFeatures(features));
  }

  get numClasses(): number {
    return this.estimator.numClasses;
  }

  static override fromState(state: ModelState, restorePart: RestorePart): ClassifierPipeline {
    const { transformers, estimator } = restoreParts(state, restorePart);
    if (!isClassifier(estimator)) throw new TypeError("the stored state of ClassifierPipeline ends in no classifier");
    return new ClassifierPipeline({ transformers, estimator });
  }
}

function restoreParts(state: ModelState, restorePart: RestorePart): EstimatorPipelineOptions {
  const fields = new StateReader(state, EstimatorPipeline.name);
  const transformers = fields.list("transformers").map((saved) => {
    const part = restorePart(saved);
    if (!isTransformer(part))
      throw new TypeError("the stored state of EstimatorPipeline has a step that can't transform");
    return part;
  });
  const estimator = restorePart(fields.any("estimator"));
  if (!("predict" in estimator)) throw new TypeError("the stored state of EstimatorPipeline ends in no estimator");
  return { transformers, estimator };
}

/**
 * Transformers, then one estimator, as one estimator.
 *
 * @example
 * makePipeline(new SimpleImputer(), new OneHotEncoder(), new StandardScaler(), new RidgeRegressor({ alpha: 0.3 }));
 */
export function makePipeline(...steps: readonly [...Transformer[], Classifier]): ClassifierPipeline;
export function makePipeline(...steps: readonly [...Transformer[], Estimator]): EstimatorPipeline;
export function makePipeline(...steps: readonly [...Transformer[], Estimator]): EstimatorPipeline {
  const transformers = steps.slice(0, -1) as Transformer[];
  const estimator = steps[steps.length - 1] as Estimator;
  return isClassifier(estimator)
    ? new ClassifierPipeline({ transformers, estimator })
    : new EstimatorPipeline({ transformers, estimator });
}
