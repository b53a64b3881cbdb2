import { describe, expect, test } from "vitest";
import { MlflowClient } from "../../../runner/tracking/mlflow-client.ts";
import { MlflowError } from "../../../runner/tracking/mlflow-error.ts";
import { type Answer, quickConnection, ScriptedServer } from "./scripted-server.ts";

const RUN = { run: { info: { run_id: "r1", experiment_id: "1", artifact_uri: "mlflow-artifacts:/1/r1/artifacts" } } };

async function failureOf(calling: Promise<unknown>): Promise<MlflowError> {
  const error = await calling.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MlflowError) return error;
  throw new Error(`expected an MlflowError, got ${String(error)}`);
}

describe("trying again", () => {
  test.each<[string, Answer]>([
    ["429", { status: 429, headers: { "Retry-After": "0" } }],
    ["500", { status: 500, text: "oops" }],
    ["503", { status: 503 }],
    ["a broken connection", "reset"],
  ])("a call that may be done twice succeeds after %s", async (_, failure) => {
    await using server = await ScriptedServer.start((_request, index) =>
      index < 2 ? failure : { status: 200, json: RUN },
    );
    using client = new MlflowClient(quickConnection(server.uri));
    expect((await client.getRun("r1")).info.run_id).toBe("r1");
    expect(server.requests).toHaveLength(3);
  });

  test.each<[string, Answer]>([
    ["429", { status: 429 }],
    ["503", { status: 503 }],
    ["a broken connection", "reset"],
  ])("a call that makes something new is never sent twice after %s", async (_, failure) => {
    await using server = await ScriptedServer.start(() => failure);
    using client = new MlflowClient(quickConnection(server.uri));
    const metric = { key: "m", value: 1, timestamp: 0, step: 0 };
    for (const calling of [
      () => client.createRun({ experimentId: "1", runName: "x", startTimeMs: 0 }),
      () => client.createExperiment("x"),
      () => client.logBatch("r1", { metrics: [metric] }),
      () => client.registry.createModelVersion({ name: "m", source: "s" }),
    ]) {
      server.requests.length = 0;
      expect((await failureOf(calling())).isTransient).toBe(true);
      expect(server.requests).toHaveLength(1);
    }
  });

  test("ends after the allowed number of tries, with the last failure", async () => {
    await using server = await ScriptedServer.start(() => ({ status: 502, text: "<html>bad gateway</html>" }));
    using client = new MlflowClient(quickConnection(server.uri, { maxRetries: 2 }));
    expect(await failureOf(client.getRun("r1"))).toMatchObject({ status: 502, errorCode: "HTTP_502" });
    expect(server.requests).toHaveLength(3);
  });

  test("does not happen for what the server refuses", async () => {
    const json = { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Run 'r1' not found" };
    await using server = await ScriptedServer.start(() => ({ status: 404, json }));
    using client = new MlflowClient(quickConnection(server.uri));
    const error = await failureOf(client.getRun("r1"));
    expect(error).toMatchObject({ errorCode: "RESOURCE_DOES_NOT_EXIST", status: 404, isTransient: false });
    expect(error.message).toContain("Run 'r1' not found (GET /api/2.0/mlflow/runs/get)");
    expect(server.requests).toHaveLength(1);
  });

  test("sends a file anew, whole", async () => {
    await using server = await ScriptedServer.start((_request, index) => ({ status: index === 0 ? 503 : 200 }));
    using client = new MlflowClient(quickConnection(server.uri));
    await client.artifacts.uploadArtifact(RUN.run.info, "a b/ü.txt", Buffer.from("content"));
    expect(server.requests.map(({ body }) => body)).toEqual(["content", "content"]);
    expect(server.requests[1].url).toBe("/api/2.0/mlflow-artifacts/artifacts/1/r1/artifacts/a%20b/%C3%BC.txt");
    expect(server.requests[1].headers["content-length"]).toBe("7");
  });
});

describe("time limits and aborts", () => {
  test("a server that says nothing is given up", async () => {
    await using server = await ScriptedServer.start(() => "hang");
    using client = new MlflowClient(quickConnection(server.uri, { timeoutMs: 50, maxRetries: 1 }));
    expect(await failureOf(client.getRun("r1"))).toMatchObject({ errorCode: "TIMEOUT", isTransient: true });
    expect(server.requests).toHaveLength(2);
  });

  test("an abort ends a call under way with the signal's reason", async () => {
    const controller = new AbortController();
    await using server = await ScriptedServer.start(() => {
      controller.abort(new Error("stopped by the user"));
      return "hang";
    });
    using client = new MlflowClient(quickConnection(server.uri));
    await expect(client.getRun("r1", { signal: controller.signal })).rejects.toThrow("stopped by the user");
    expect(server.requests).toHaveLength(1);
  });
});

describe("failures say what to do", () => {
  test("401 names the variables, and no secret is in the error", async () => {
    await using server = await ScriptedServer.start(() => ({ status: 401, text: "no" }));
    const headers = { Authorization: "Bearer s3cret" };
    using client = new MlflowClient({ ...quickConnection(server.uri), headers });
    const error = await failureOf(client.setTag("r1", "k", "v"));
    expect(error.message).toContain("MLFLOW_TRACKING_TOKEN");
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("s3cret");
    expect(server.requests[0].headers.authorization).toBe("Bearer s3cret");
  });

  test("nothing listens", async () => {
    let uri: string;
    {
      await using server = await ScriptedServer.start(() => ({ status: 200 }));
      uri = server.uri;
    }
    using client = new MlflowClient(quickConnection(uri, { maxRetries: 0 }));
    const error = await failureOf(client.getRun("r1"));
    expect(error).toMatchObject({ errorCode: "CONNECTION_FAILED", isTransient: true });
    expect(error.message).toContain("MLFLOW_TRACKING_URI");
  });

  test.each<[string, Answer]>([
    ["another web server", { status: 404, text: "<html>nothing here</html>" }],
    ["a login page", { status: 302, headers: { Location: "/login" } }],
    ["a page that is no JSON", { status: 200, text: "<html>hello</html>" }],
  ])("%s is not taken for MLflow", async (_, answer) => {
    await using server = await ScriptedServer.start(() => answer);
    using client = new MlflowClient(quickConnection(server.uri));
    expect(await failureOf(client.getRun("r1"))).toMatchObject({ errorCode: "NOT_MLFLOW", isTransient: false });
  });

  test("an answer of another shape is refused", async () => {
    await using server = await ScriptedServer.start(() => ({ status: 200, json: { run: { info: 1 } } }));
    using client = new MlflowClient(quickConnection(server.uri));
    expect(await failureOf(client.getRun("r1"))).toMatchObject({ errorCode: "INVALID_RESPONSE" });
  });

  test("artifacts that the server does not serve", async () => {
    using client = new MlflowClient(quickConnection("http://127.0.0.1:9"));
    const owner = { run_id: "r1", artifact_uri: "s3://bucket/r1/artifacts" };
    const error = await failureOf(client.artifacts.uploadArtifact(owner, "a.txt", new Uint8Array(1)));
    expect(error.message).toContain("--serve-artifacts");
  });
});

test("a search follows page tokens to the end", async () => {
  await using server = await ScriptedServer.start(({ body }) => {
    const page = Number(JSON.parse(body).page_token ?? 0);
    const runs = [0, 1].map((index) => ({ info: { run_id: `r${2 * page + index}`, experiment_id: "1" } }));
    return { status: 200, json: { runs, ...(page < 2 ? { next_page_token: String(page + 1) } : {}) } };
  });
  using client = new MlflowClient(quickConnection(server.uri));
  const ids: string[] = [];
  for await (const run of client.searchRuns({ experimentIds: ["1"], pageSize: 2 })) ids.push(run.info.run_id);
  expect(ids).toEqual(["r0", "r1", "r2", "r3", "r4", "r5"]);
});

test("what is logged has exactly the JSON types that the server parses", async () => {
  await using server = await ScriptedServer.start(() => ({ status: 200 }));
  using client = new MlflowClient(quickConnection(server.uri));
  await client.logBatch("r1", {
    params: [{ key: "trees", value: "100" }],
    metrics: [{ key: "m", value: Number.NaN, timestamp: 1.2, step: 3.7 }],
  });
  await client.updateRun("r1", { status: "FINISHED", endTimeMs: 10.4 });
  expect(server.requests.map(({ body }) => JSON.parse(body))).toEqual([
    {
      run_id: "r1",
      params: [{ key: "trees", value: "100" }],
      tags: [],
      metrics: [{ key: "m", value: "NaN", timestamp: 1, step: 4 }],
    },
    { run_id: "r1", status: "FINISHED", end_time: 10 },
  ]);
});

test("a server's artifact names can't leave the folder that they are downloaded to", async () => {
  const files = [{ path: "../../evil.txt", is_dir: false, file_size: 1 }];
  await using server = await ScriptedServer.start(() => ({ status: 200, json: { files } }));
  using client = new MlflowClient(quickConnection(server.uri));
  const downloading = client.artifacts.downloadArtifacts(RUN.run.info, "/nowhere");
  await expect(downloading).rejects.toMatchObject({ code: "TRACKING_RECORD_INVALID" });
  expect(server.requests).toHaveLength(1);
});
