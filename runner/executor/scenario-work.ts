import { createHash } from "node:crypto";
import type { ColumnRoles, ScenarioContext } from "../pipeline/context.ts";
import { withExactKey } from "../pipeline/exact-key.ts";
import { describeFailure } from "../pipeline/failure.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { predictionsTable } from "../pipeline/predictions-table.ts";
import { predictScenario, type StageListener, trainScenario } from "../pipeline/train-scenario.ts";
import { decodeTrainedModel, encodeTrainedModel } from "../pipeline/trained-model.ts";
import { tableToIpc } from "../table/arrow.ts";
import type { Table } from "../table/table.ts";
import { MODEL_FILE, PREDICTIONS_FILE, type ResultBody, toWire } from "./protocol.ts";

/** What an executor needs of its project, read once. */
export interface Hosted {
  readonly pipeline: Pipeline;
  readonly seed: number;
  readonly columns: ColumnRoles;
}

/** One scenario to train or to predict. */
export interface ScenarioWork {
  readonly scenario: ScenarioContext["scenario"];
  readonly rows: Table;
  readonly numThreads: number;
  readonly listen: StageListener;
}

/** The answer for one scenario: its header, and the files that the header lists. */
export interface WorkResult {
  readonly header: ResultBody;
  readonly files: readonly Uint8Array[];
}

export async function trainOne(hosted: Hosted, work: ScenarioWork): Promise<WorkResult> {
  const { context, warnings } = contextOf(hosted, work);
  const outcome = await trainScenario(hosted.pipeline, work.rows, context, work.listen);
  const common = { stages: [...outcome.stages], warnings };
  if (outcome.status === "failed") return failed(common, outcome.failure);
  try {
    const { params, metrics, tags, artifacts } = outcome.content;
    const files: [string, Uint8Array][] = [[MODEL_FILE, encodeTrainedModel(outcome.model)]];
    for (const [path, content] of Object.entries(artifacts)) {
      files.push([path, typeof content === "string" ? new TextEncoder().encode(content) : content]);
    }
    return succeeded(
      { ...common, digest: digestOf(work.rows), params: { ...params }, metrics: toWire(metrics), tags: { ...tags } },
      files,
    );
  } catch (thrown) {
    // An estimator of the user's own that can't be saved.
    return failed(common, describeFailure(thrown, null));
  }
}

/** @param model the bytes of the scenario's model file; none: it has no model. */
export async function predictOne(hosted: Hosted, work: ScenarioWork, model: Uint8Array): Promise<WorkResult> {
  const { context, warnings } = contextOf(hosted, work);
  const read = () => {
    if (model.length === 0) throw new NoModelError("this scenario has no model yet; train it first");
    return decodeTrainedModel(model, hosted.pipeline.estimators);
  };
  const outcome = await predictScenario(hosted.pipeline, read, work.rows, context, work.listen);
  const common = { stages: [...outcome.stages], warnings };
  if (outcome.status === "failed") return failed(common, outcome.failure);
  try {
    return succeeded({ ...common, digest: digestOf(work.rows), params: {}, metrics: {}, tags: {} }, [
      [PREDICTIONS_FILE, tableToIpc(withExactKey(predictionsTable(outcome.predictions, context), work.scenario.key))],
    ]);
  } catch (thrown) {
    // Predictions of the user's own that make no table.
    return failed(common, describeFailure(thrown, "predict"));
  }
}

class NoModelError extends Error {
  override readonly name = "NoModelError";
}

type Succeeded = Extract<ResultBody, { status: "succeeded" }>;
type Failed = Extract<ResultBody, { status: "failed" }>;

function failed(common: Pick<Failed, "stages" | "warnings">, failure: Failed["failure"]): WorkResult {
  return { header: { ...common, status: "failed", failure }, files: [] };
}

function succeeded(common: Omit<Succeeded, "status" | "files">, files: readonly [string, Uint8Array][]): WorkResult {
  return {
    header: { ...common, status: "succeeded", files: files.map(([path, bytes]) => ({ path, bytes: bytes.length })) },
    files: files.map(([, bytes]) => bytes),
  };
}

/** Context of one scenario, and the warnings that its stages give. */
function contextOf({ columns, seed }: Hosted, { scenario, numThreads }: ScenarioWork) {
  const warnings: string[] = [];
  const warn = (message: string) => {
    warnings.push(String(message));
  };
  const context: ScenarioContext = { scenario, columns, seed, numThreads, warn };
  return { context, warnings };
}

/** Which data a model saw: a hash of the scenario's rows, column by column. */
function digestOf(rows: Table): string {
  const hash = createHash("sha256");
  for (const [name, column] of rows.entries()) {
    hash.update(`${name}\0${column.type}\0`);
    if (column.kind === "numeric") {
      hash.update(new Uint8Array(column.values.buffer, column.values.byteOffset, column.values.byteLength));
    } else {
      // Codes depend on what else is in the batch; the text does not.
      for (const code of column.codes) hash.update(code < 0 ? "-" : `+${column.categories[code]}\0`);
    }
  }
  return hash.digest("hex").slice(0, 32);
}
