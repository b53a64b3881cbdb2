import { afterAll, beforeAll, expect, test } from "vitest";
import { MlflowClient } from "../../../runner/tracking/mlflow-client.ts";
import { MlflowServer } from "../../setup/mlflow-server.ts";

const admin = { username: "admin", password: "correct horse battery" };

let server: MlflowServer;
beforeAll(async () => {
  server = await MlflowServer.start({ admin });
});
afterAll(() => server[Symbol.asyncDispose]());

test("user and password of MLflow's variables open a server with basic authentication", async () => {
  const env = { MLFLOW_TRACKING_USERNAME: admin.username, MLFLOW_TRACKING_PASSWORD: admin.password };
  using client = await MlflowClient.connect({ kind: "server", uri: server.uri }, env);
  const id = await client.createExperiment("mine");
  expect((await client.getExperimentByName("mine")).experiment_id).toBe(id);
  const { info } = await client.createRun({ experimentId: id, runName: "r", startTimeMs: 1 });
  await client.artifacts.uploadArtifact(info, "a.txt", Buffer.from("a"));
  expect(Buffer.from(await client.artifacts.readArtifact(info, "a.txt")).toString()).toBe("a");
});

test.each([
  ["no user", {}],
  ["a wrong password", { MLFLOW_TRACKING_USERNAME: "admin", MLFLOW_TRACKING_PASSWORD: "wrong password 1" }],
])("%s is refused with what to set", async (_, env) => {
  using client = await MlflowClient.connect({ kind: "server", uri: server.uri }, env);
  const error = await client.getExperimentByName("mine").catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status: 401, isTransient: false });
  expect(String(error)).toContain("MLFLOW_TRACKING_USERNAME");
  expect(String(error)).not.toContain("wrong password 1");
});
