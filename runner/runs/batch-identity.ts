import type { DataDescription } from "../data/description.ts";
import { sqlText } from "../data/sql.ts";
import type { Snapshot } from "../engines/snapshot.ts";
import { type RunInput, runIdOf } from "../tracking/run-record.ts";
import type { BatchPlan, TrainOptions } from "./batch-plan.ts";
import type { BatchIdentity, DataSource } from "./scenario-record.ts";
import { type Session, trackingFolders } from "./session.ts";
import { sourceTags } from "./source-tags.ts";

/** What all runs of the batch will say of where they come from. */
export async function identify(session: Session, plan: BatchPlan, options: TrainOptions): Promise<BatchIdentity> {
  const { project } = session;
  const { snapshot } = options;
  const dataSource = snapshot === undefined ? sqlSource(project.description.data) : snapshotSource(snapshot);
  return {
    batch: plan.batch,
    startTimeMs: plan.startTimeMs,
    parentRunId: options.scenarios === undefined ? runIdOf(plan.batch) : null,
    // A few scenarios that were asked for by name are always wanted whole.
    childRuns: options.scenarios === undefined ? (project.description.tracking.childRuns ?? "all") : "all",
    project: project.description,
    code: project.bundle.hash,
    dataSource,
    inputs: snapshot === undefined ? [] : [snapshotInput(project.description.name, snapshot, dataSource)],
    tags: await sourceTags(project.dir, trackingFolders(session)),
  };
}

function sqlSource({ trainingMaster, streams }: DataDescription): DataSource {
  // Bound values stay out: they may be secrets.
  const sources = Object.entries(streams).map(([name, stream]) => [
    name,
    stream.kind === "query" ? { kind: stream.kind, sql: sqlText(stream.query) } : stream,
  ]);
  return {
    type: "sql",
    source: JSON.stringify({ sql: sqlText(trainingMaster), streams: Object.fromEntries(sources) }),
  };
}

function snapshotSource({ id, path }: Snapshot): DataSource {
  return { type: "local", source: JSON.stringify({ uri: path, snapshot: id }) };
}

function snapshotInput(name: string, { id, manifest }: Snapshot, { type, source }: DataSource): RunInput {
  const schema = JSON.stringify(manifest.schema);
  const profile = JSON.stringify({ num_rows: manifest.rows });
  return { name, digest: id, sourceType: type, source, schema, profile, context: "training" };
}
