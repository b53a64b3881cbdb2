import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { openTracker } from "../../../runner/tracking/tracker.ts";
import { PYTHON } from "../../setup/mlflow-server.ts";
import { FakeDatabricks } from "../../unit/tracking/fake-databricks.ts";
import { runRecord } from "../../unit/tracking/run-records.ts";

/** There is no workspace to test with; that MLflow's own client gets on with the stand-in says that it is a good one. */
test("the stand-in for Databricks takes MLflow's own client too, which reads what we sent and we read what it sent", async () => {
  const projectDir = await mkdtemp(join(tmpdir(), "databricks-"));
  try {
    await using fake = await FakeDatabricks.start();
    await using tracker = await openTracker({ uri: "databricks", experiment: "demand", projectDir, env: fake.env });
    const texts = { "empty.txt": "", "tables/a b ü.json": "[1]", "tables/c.json": "[2]" };
    const artifacts = Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
    await tracker.logRun(runRecord({ artifacts }));
    expect(await tracker.flush()).toMatchObject({ pending: 0, refused: [] });
    const [run] = fake.mlflow.activeRuns;
    const script = join(import.meta.dirname, "databricks_files.py");
    const env = { ...process.env, ...fake.env, HOME: projectDir, MLFLOW_DISABLE_TELEMETRY: "true" };
    const { stdout } = await promisify(execFile)(PYTHON, [script, run.info.artifact_uri], { env });
    expect(JSON.parse(stdout)).toEqual(texts);
    const theirs = await tracker.readArtifact(runRecord().runId, "theirs/sent.txt");
    expect(Buffer.from(theirs).toString()).toBe("by Python");
    expect(fake.faults).toEqual([]);
  } finally {
    await rm(projectDir, { recursive: true, force: true });
  }
});
