import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileSource } from "../../../runner/tracking/file-source.ts";
import { FileStore } from "../../../runner/tracking/file-store.ts";
import { HttpConnection } from "../../../runner/tracking/http.ts";
import { MlflowClient } from "../../../runner/tracking/mlflow-client.ts";
import type { RunRecord } from "../../../runner/tracking/run-record.ts";
import { SignedFiles } from "../../../runner/tracking/signed-files.ts";
import { sync } from "../../../runner/tracking/sync.ts";
import { openTracker, type Tracker } from "../../../runner/tracking/tracker.ts";
import { type CredentialType, FakeDatabricks, USER } from "./fake-databricks.ts";
import { FakeMlflow } from "./fake-mlflow.ts";
import { fullRecord, parentRecord, runRecord } from "./run-records.ts";
import { quickConnection, ScriptedServer } from "./scripted-server.ts";

const CLOUDS: CredentialType[] = ["AWS_PRESIGNED_URL", "GCP_SIGNED_URL", "AZURE_SAS_URI", "AZURE_ADLS_GEN2_SAS_URI"];

let projectDir: string;
beforeEach(async () => {
  projectDir = await mkdtemp(join(tmpdir(), "databricks-"));
});
afterEach(() => rm(projectDir, { recursive: true, force: true }));

function open(fake: FakeDatabricks, experiment = "demand", env: Record<string, string> = {}): Promise<Tracker> {
  return openTracker({ uri: "databricks", experiment, projectDir, env: { ...fake.env, ...env } });
}

function connect(fake: FakeDatabricks, env: Record<string, string> = {}): Promise<MlflowClient> {
  const target = { kind: "databricks", uri: "databricks", profile: undefined } as const;
  return MlflowClient.connect(target, { ...fake.env, ...env });
}

/** The project's folder with one run. */
async function storeWith(record: RunRecord): Promise<FileStore> {
  const store = await FileStore.open(join(projectDir, "mlruns"));
  const { experimentId } = await store.createOrGetExperiment("demand");
  await store.writeRun(experimentId, record);
  return store;
}

/** A run with files of all kinds of names and sizes. */
const FILES = {
  "tables/forecast.json": "[1]",
  "empty.txt": "",
  "a b/ü+c#.txt": "odd",
  "large.txt": "0123456789abcdef".repeat(700_000),
};

function recordWithFiles() {
  const artifacts = Object.entries(FILES).map(([path, content]) => ({ path, bytes: Buffer.from(content) }));
  return runRecord({ artifacts, params: { alpha: "1" } });
}

/** What the run's folder became; the name with `#` and `+` is made safe before. */
const EXPECTED = { ...FILES, "a b/ü+c#.txt": undefined, "a b/ü_c_.txt": "odd" };

function filesOf(fake: FakeDatabricks): Record<string, string> {
  return Object.fromEntries([...fake.files].map(([key, content]) => [key.slice(key.indexOf("/") + 1), content]));
}

describe.each(CLOUDS)("with files that need %s", (cloud) => {
  test("a run arrives with its files, is listed, and read back", async () => {
    await using fake = await FakeDatabricks.start(cloud);
    await using tracker = await open(fake);
    await tracker.logRun(recordWithFiles());
    const report = await tracker.flush();
    expect(fake.faults).toEqual([]);
    expect(report).toMatchObject({ pending: 0, refused: [] });
    expect(filesOf(fake)).toEqual(
      Object.fromEntries(Object.entries(EXPECTED).filter(([, file]) => file !== undefined)),
    );
    const read = await tracker.readArtifact(recordWithFiles().runId, "tables/forecast.json");
    expect(Buffer.from(read).toString()).toBe("[1]");
    using client = await connect(fake);
    const { info } = fake.mlflow.activeRuns[0];
    const target = join(projectDir, "download");
    expect((await client.artifacts.downloadArtifacts(info, target)).sort()).toEqual(Object.keys(filesOf(fake)).sort());
    expect(await readFile(join(target, "large.txt"), "utf8")).toBe(FILES["large.txt"]);
    expect(await client.artifacts.listArtifacts(info.run_id, "empty.txt")).toEqual([]);
    expect(fake.faults).toEqual([]);
  });

  test("expired credentials are replaced by fresh ones, for sending and for reading", async () => {
    await using fake = await FakeDatabricks.start(cloud);
    await using tracker = await open(fake);
    fake.expiring = 2;
    await tracker.logRun(recordWithFiles());
    expect(await tracker.flush()).toMatchObject({ pending: 0, refused: [] });
    fake.expiring = 1;
    const read = await tracker.readArtifact(recordWithFiles().runId, "tables/forecast.json");
    expect(Buffer.from(read).toString()).toBe("[1]");
    expect(fake.faults).toEqual([]);
  });

  test("a store that is busy for a moment is tried again", async () => {
    await using fake = await FakeDatabricks.start(cloud);
    fake.nextAnswers.push({ of: "storage", path: "/empty.txt", answer: { status: 503 } });
    fake.nextAnswers.push({ of: "storage", path: "/large.txt", answer: "reset" });
    const retries = { MLFLOW_HTTP_REQUEST_MAX_RETRIES: "2" };
    await using tracker = await open(fake, "demand", retries);
    await tracker.logRun(recordWithFiles());
    expect(await tracker.flush()).toMatchObject({ pending: 0, refused: [] });
    expect(filesOf(fake)["large.txt"]).toBe(FILES["large.txt"]);
    expect(fake.faults).toEqual([]);
  });
});

test("a store that refuses a file keeps neither the rest of its run back nor other runs; the file stays in the spool", async () => {
  await using fake = await FakeDatabricks.start();
  const answer = { status: 403, text: "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>" };
  for (let times = 0; times < 2; times++) fake.nextAnswers.push({ of: "storage", path: "/tables/", answer });
  await using tracker = await open(fake);
  await tracker.logRun(recordWithFiles());
  const report = await tracker.flush();
  expect(report.refused).toHaveLength(1);
  expect(report.refused[0].message).toContain("Access Denied");
  expect(report.refused[0].message).toContain("check the clock");
  expect(report.refused[0].message).not.toContain("sig=");
  expect(tracker.location).toContain("Access Denied");
  const [run] = fake.mlflow.activeRuns;
  expect([run.info.status, run.params.get("alpha")]).toEqual(["FINISHED", "1"]);
  expect(filesOf(fake)).toHaveProperty("empty.txt");
  expect(await tracker.readArtifact(recordWithFiles().runId, "tables/forecast.json")).toHaveLength(3);
});

test("too many requests are waited out", async () => {
  await using fake = await FakeDatabricks.start();
  const answer = { status: 429, headers: { "Retry-After": "0" }, json: { error_code: "REQUEST_LIMIT_EXCEEDED" } };
  for (const path of ["scim", "experiments/create", "credentials-for-write", "log-inputs"]) {
    fake.nextAnswers.push({ of: "workspace", path, answer });
  }
  await using store = await storeWith(fullRecord(1));
  using client = await connect(fake, { MLFLOW_HTTP_REQUEST_MAX_RETRIES: "2" });
  // What makes something new is not tried again at once: the next sync looks for it first.
  const report = await sync({ from: store, to: client });
  expect(report).toMatchObject({ sent: 0, pending: 1, stopped: expect.stringContaining("REQUEST_LIMIT_EXCEEDED") });
  expect(await sync({ from: store, to: client })).toMatchObject({ sent: 1, pending: 0, refused: [] });
  expect(fake.mlflow.activeRuns).toHaveLength(1);
  expect(fake.nextAnswers).toEqual([]);
  expect(fake.faults).toEqual([]);
});

test("a token without permission stops the sending with everything still there, and is not shown", async () => {
  await using fake = await FakeDatabricks.start();
  await using tracker = await open(fake, "demand", { DATABRICKS_TOKEN: "dapi-wrong" });
  await tracker.logRun(recordWithFiles());
  const report = await tracker.flush();
  expect(report).toMatchObject({
    sent: 0,
    pending: 1,
    refused: [],
    stopped: expect.stringContaining("DATABRICKS_TOKEN"),
  });
  expect(report.stopped).not.toMatch(/^\w*Error|dapi/);
});

describe("experiments", () => {
  test.each([
    ["demand", `/Users/${USER}/demand`, [] as string[]],
    ["team/oranges/demand", `/Users/${USER}/team/oranges/demand`, [`/Users/${USER}/team/oranges`]],
    ["/Shared/demand", "/Shared/demand", []],
    ["/Shared/new/demand", "/Shared/new/demand", ["/Shared/new"]],
    ["/Workspace/Shared/demand", "/Shared/demand", []],
  ])("%s becomes %s", async (name, path, made) => {
    await using fake = await FakeDatabricks.start();
    await using tracker = await open(fake, name);
    expect(tracker.location).toContain(path.replace(USER, "<you>"));
    await tracker.startRun(parentRecord());
    await tracker.logRun(fullRecord(1));
    expect(await tracker.flush()).toMatchObject({ pending: 0, refused: [] });
    expect([...fake.mlflow.experiments.keys()]).toEqual([path]);
    expect(tracker.location).toContain(`experiment "${path}"`);
    const mkdirs = fake.workspace.requests.filter(({ url }) => url.endsWith("mkdirs"));
    expect(mkdirs.map(({ body }) => JSON.parse(body).path)).toEqual(made);
    expect(fake.faults).toEqual([]);
  });

  test("whose path is a folder already are refused with Databricks' reason", async () => {
    await using fake = await FakeDatabricks.start();
    fake.folders.add("/Shared/demand");
    await using tracker = await open(fake, "/Shared/demand");
    await tracker.logRun(fullRecord(1));
    const report = await tracker.flush();
    expect(report.refused.map(({ message }) => message)).toEqual([expect.stringContaining("already exists")]);
    expect(tracker.pending()).toBe(1);
  });
});

test("a signed address that is not https is not used when the workspace's is", async () => {
  const credential_infos = [{ path: "a", signed_uri: "http://127.0.0.1:9/a?sig=1", type: "AWS_PRESIGNED_URL" }];
  class Workspace extends HttpConnection {
    override async requestJson() {
      return { credential_infos };
    }
  }
  using workspace = new Workspace(quickConnection("https://127.0.0.1:9"));
  using files = new SignedFiles(workspace);
  const uploading = files.upload("r", "a", await fileSource(Buffer.from("a")), {});
  await expect(uploading).rejects.toMatchObject({ errorCode: "INVALID_RESPONSE" });
});

test("fewer credentials than files are not guessed at", async () => {
  await using fake = await FakeDatabricks.start();
  fake.nextAnswers.push({ of: "workspace", path: "credentials-for-write", answer: { status: 200, json: {} } });
  await using store = await storeWith(recordWithFiles());
  using client = await connect(fake);
  expect((await sync({ from: store, to: client })).stopped).toContain("credentials for 0 of 4 files");
});

test("a file that is not there is named", async () => {
  await using fake = await FakeDatabricks.start();
  await using tracker = await open(fake);
  await tracker.logRun(fullRecord(1));
  await tracker.flush();
  const reading = tracker.readArtifact(fullRecord(1).runId, "missing.json");
  await expect(reading).rejects.toMatchObject({
    code: "RUN_NOT_FOUND",
    message: expect.stringContaining("missing.json"),
  });
});

test.each([
  ["s3://bucket/1/r/artifacts", "--serve-artifacts"],
  ["/var/mlruns/1/r/artifacts", "--serve-artifacts"],
  ["dbfs:/Volumes/a/b/c", "default place"],
])("a server that keeps files in %s gets everything else, and the reason is told", async (place, advice) => {
  const mlflow = new FakeMlflow();
  mlflow.artifactRoot = place;
  await using server = await ScriptedServer.start(mlflow.answer);
  const env = { MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0" };
  await using tracker = await openTracker({ uri: server.uri, experiment: "demand", projectDir, env });
  await tracker.logRun(fullRecord(1));
  const report = await tracker.flush();
  expect(report.refused.map(({ message }) => message)).toEqual([expect.stringContaining(advice)]);
  expect(tracker.location).toContain(advice);
  expect(tracker.location).toContain("1 run waits in");
  expect(mlflow.activeRuns[0].metrics).toHaveLength(fullRecord(1).metrics.length);
  expect(await tracker.readArtifact(fullRecord(1).runId, "tables/forecast.json")).toHaveLength(3);
});
