import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod/mini";
import { MlflowClient } from "../../../runner/tracking/mlflow-client.ts";
import { runPython } from "../../setup/mlflow-server.ts";

let folder: string;
let server: Server;
let uri: string;
let certificate: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tls-"));
  const made = await runPython(join(import.meta.dirname, "self_signed.py"), "");
  const { key, cert } = z.object({ key: z.string(), cert: z.string() }).parse(made);
  certificate = join(folder, "ca.pem");
  await writeFile(certificate, cert);
  const run = { info: { run_id: "r1", experiment_id: "1" } };
  server = createServer({ key, cert }, (_request, response) => response.end(JSON.stringify({ run })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  uri = `https://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

async function runIdWith(env: Record<string, string>): Promise<string> {
  using client = await MlflowClient.connect({ kind: "server", uri }, env);
  return (await client.getRun("r1")).info.run_id;
}

test("a certificate that nobody signed is refused, with what to set", async () => {
  const error = await runIdWith({}).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ errorCode: "CERTIFICATE_INVALID", isTransient: false });
  expect(String(error)).toContain("MLFLOW_TRACKING_SERVER_CERT_PATH");
});

test("it is accepted when it is named, or when certificates aren't looked at", async () => {
  expect(await runIdWith({ MLFLOW_TRACKING_SERVER_CERT_PATH: certificate })).toBe("r1");
  expect(await runIdWith({ MLFLOW_TRACKING_INSECURE_TLS: "true" })).toBe("r1");
});
