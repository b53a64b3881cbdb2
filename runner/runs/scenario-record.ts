import type { ScenarioResult } from "../executor/batch.ts";
import type { ProjectDescription } from "../executor/protocol.ts";
import { MODEL_FILE, toWire } from "../executor/protocol.ts";
import type { ChildRuns } from "../pipeline/define-project.ts";
import { type RunInput, type RunMetric, type RunRecord, runIdOf } from "../tracking/run-record.ts";
import type { JournalEntry } from "./journal.ts";

/** Where rows come from, in MLflow's words: `source` is JSON with the master's SQL, or the snapshot. */
export interface DataSource {
  readonly type: string;
  readonly source: string;
}

/** What all runs of a batch have in common. */
export interface BatchIdentity {
  readonly batch: string;
  /** When the batch was first started. */
  readonly startTimeMs: number;
  readonly parentRunId: string | null;
  /** Which scenarios get an MLflow run of their own. */
  readonly childRuns: ChildRuns;
  readonly project: ProjectDescription;
  /** Hash of the bundle. */
  readonly code: string;
  readonly dataSource: DataSource;
  /** The data that the parent run names: the snapshot, where one is used. */
  readonly inputs: readonly RunInput[];
  /** Source version, user and the like; see `source-tags.ts`. */
  readonly tags: Readonly<Record<string, string>>;
}

/** One scenario's result as the MLflow run that is logged. */
export function scenarioRecord(result: ScenarioResult, identity: BatchIdentity): RunRecord {
  const { scenario, startTimeMs, endTimeMs, stages } = result;
  const metric = (key: string, value: number): RunMetric => ({ key, value, timestampMs: endTimeMs, step: 0 });
  const record = {
    runId: runIdOf(identity.batch, scenario.id),
    runName: scenario.id,
    ...(identity.parentRunId === null ? {} : { parentRunId: identity.parentRunId }),
    startTimeMs,
    endTimeMs,
    tags: {
      ...identity.tags,
      "scenario.id": scenario.id,
      "scenario.project": identity.project.name,
      "scenario.batch": identity.batch,
      "scenario.code": identity.code,
      ...Object.fromEntries(Object.entries(scenario.key).map(([column, value]) => [`key.${column}`, String(value)])),
      ...(result.warnings.length > 0 ? { "scenario.warnings": result.warnings.join("\n") } : {}),
    },
  };
  const timings = stages.map(({ name, ms }) => metric(`ms_${name}`, ms));
  if (result.status === "failed") {
    const { name, message, stage } = result.failure;
    return {
      ...record,
      status: "FAILED",
      params: {},
      metrics: timings,
      tags: {
        ...record.tags,
        "scenario.error": `${name}: ${message}`,
        ...(stage === null ? {} : { "scenario.error.stage": stage }),
      },
      inputs: [],
      artifacts: [{ path: "error.json", bytes: Buffer.from(`${JSON.stringify(result.failure, null, 1)}\n`) }],
    };
  }
  const artifacts = [...result.files].filter(([path]) => path !== MODEL_FILE).map(([path, bytes]) => ({ path, bytes }));
  const model = result.files.get(MODEL_FILE);
  return {
    ...record,
    status: "FINISHED",
    // Each is a file in MLflow's folder, and what is not set says nothing.
    params: Object.fromEntries(
      Object.entries(result.params).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])),
    ),
    metrics: [...Object.entries(result.metrics).map(([name, value]) => metric(name, value)), ...timings],
    tags: { ...result.tags, ...record.tags },
    inputs: [
      {
        name: identity.project.name,
        digest: result.digest,
        sourceType: identity.dataSource.type,
        source: identity.dataSource.source,
        profile: JSON.stringify({ num_rows: scenario.numRows }),
        context: "training",
      },
    ],
    artifacts,
    ...(model === undefined
      ? {}
      : {
          model: {
            name: "model",
            files: [{ path: "model.bin", bytes: model }],
            flavors: { scenario_runner: { data: "model.bin", scenario: scenario.id, code: identity.code } },
          },
        }),
  };
}

/** Where a result is kept. */
export type ResultPlace = Pick<JournalEntry, "runId" | "packed">;

/** The journal's line for the same result. */
export function journalEntry(result: ScenarioResult, { code }: BatchIdentity, place: ResultPlace): JournalEntry {
  const { scenario, startTimeMs, endTimeMs, stages, warnings } = result;
  return {
    type: "scenario",
    id: scenario.id,
    scenario: scenario.key,
    status: result.status,
    ...place,
    code,
    startTimeMs,
    endTimeMs,
    numRows: scenario.numRows,
    metrics: result.status === "succeeded" ? toWire(result.metrics) : {},
    params: result.status === "succeeded" ? result.params : {},
    stages: [...stages],
    warnings: [...warnings],
    digest: result.status === "succeeded" ? result.digest : null,
    error: result.status === "failed" ? result.failure : null,
  };
}
