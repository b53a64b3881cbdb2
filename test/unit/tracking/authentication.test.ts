import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectionTo } from "../../../runner/tracking/authentication.ts";

const server = { kind: "server", uri: "https://mlflow.example.com" } as const;
const databricks = (profile?: string) => ({ kind: "databricks", uri: "databricks", profile }) as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "credentials-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a server", () => {
  test("gets user and password, before a token, as from MLflow's own client", async () => {
    const env = { MLFLOW_TRACKING_USERNAME: "me", MLFLOW_TRACKING_PASSWORD: "pä", MLFLOW_TRACKING_TOKEN: "t" };
    const { headers } = await connectionTo(server, env);
    expect(headers.Authorization).toBe(`Basic ${Buffer.from("me:pä").toString("base64")}`);
  });

  test("gets a token", async () => {
    expect((await connectionTo(server, { MLFLOW_TRACKING_TOKEN: "t0k\n" })).headers.Authorization).toBe("Bearer t0k");
  });

  test("gets nothing when nothing is set", async () => {
    expect((await connectionTo(server, {})).headers).not.toHaveProperty("Authorization");
  });

  test("may be trusted by a certificate of its own, or without one", async () => {
    const file = join(folder, "ca.pem");
    await writeFile(file, "PEM");
    const withCertificate = await connectionTo(server, { MLFLOW_TRACKING_SERVER_CERT_PATH: file });
    expect(withCertificate.tls).toEqual({ ca: Buffer.from("PEM") });
    const insecure = await connectionTo(server, { MLFLOW_TRACKING_INSECURE_TLS: "true" });
    expect(insecure.tls).toEqual({ rejectUnauthorized: false });
    const both = { MLFLOW_TRACKING_SERVER_CERT_PATH: file, MLFLOW_TRACKING_INSECURE_TLS: "true" };
    await expect(connectionTo(server, both)).rejects.toMatchObject({ code: "TRACKING_CONFIGURATION_INVALID" });
  });

  test("a certificate that can't be read is named", async () => {
    const connecting = connectionTo(server, { MLFLOW_TRACKING_SERVER_CERT_PATH: "/nowhere/ca.pem" });
    await expect(connecting).rejects.toThrow("/nowhere/ca.pem");
  });

  test("limits come from MLflow's variables", async () => {
    const env = { MLFLOW_HTTP_REQUEST_TIMEOUT: "7", MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0" };
    expect(await connectionTo(server, env)).toMatchObject({ timeoutMs: 7000, backoff: { maxRetries: 0 } });
  });
});

describe("Databricks", () => {
  const config = `; comment
[DEFAULT]
host = https://default.example.com/
token = dapi-default

[prod]
host: prod.example.com
token: dapi-prod
[old]
host = https://old.example.com
username = me
password = p = w
[empty]
host = https://empty.example.com
`;
  const withConfig = async (env: Record<string, string> = {}) => {
    await writeFile(join(folder, ".databrickscfg"), config);
    return { HOME: folder, ...env };
  };

  test("takes host and token from the environment", async () => {
    const env = await withConfig({ DATABRICKS_HOST: "https://env.example.com/", DATABRICKS_TOKEN: "dapi-env" });
    const { baseUrl, headers } = await connectionTo(databricks(), env);
    expect([baseUrl, headers.Authorization]).toEqual(["https://env.example.com", "Bearer dapi-env"]);
  });

  test("takes the named profile, whatever the environment says", async () => {
    const env = await withConfig({ DATABRICKS_HOST: "https://env.example.com", DATABRICKS_TOKEN: "dapi-env" });
    const { baseUrl, headers } = await connectionTo(databricks("prod"), env);
    expect([baseUrl, headers.Authorization]).toEqual(["https://prod.example.com", "Bearer dapi-prod"]);
  });

  test("takes the profile of the environment, else DEFAULT", async () => {
    const named = await connectionTo(databricks(), await withConfig({ DATABRICKS_CONFIG_PROFILE: "old" }));
    expect(named.headers.Authorization).toBe(`Basic ${Buffer.from("me:p = w").toString("base64")}`);
    const unnamed = await connectionTo(databricks(), await withConfig());
    expect([unnamed.baseUrl, unnamed.headers.Authorization]).toEqual([
      "https://default.example.com",
      "Bearer dapi-default",
    ]);
  });

  test.each([
    ["empty", "lacks a token"],
    ["missing", "there is no profile [missing]"],
  ])("says what to set when the profile %s is of no use", async (profile, reason) => {
    const error = await connectionTo(databricks(profile), await withConfig()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "TRACKING_CONFIGURATION_INVALID" });
    expect(String(error)).toContain(reason);
    expect(String(error)).toContain(
      `Put "host" and "token" into the profile [${profile}] of ${join(folder, ".databrickscfg")}`,
    );
  });

  test.each([
    [{}, "DATABRICKS_HOST is not set"],
    [{ DATABRICKS_HOST: "env.example.com" }, "DATABRICKS_TOKEN is not set"],
  ])("says which variable is missing of %j", async (env, reason) => {
    const connecting = connectionTo(databricks(), { HOME: folder, ...env });
    await expect(connecting).rejects.toThrow(reason);
    await expect(connecting).rejects.toThrow("Set DATABRICKS_HOST and DATABRICKS_TOKEN");
  });

  test.each([
    ["adb-1.2.azuredatabricks.net", "https://adb-1.2.azuredatabricks.net"],
    ["https://env.example.com/?o=123#home", "https://env.example.com"],
  ])("takes the host %s as it is copied from a browser", async (host, baseUrl) => {
    const env = { DATABRICKS_HOST: host, DATABRICKS_TOKEN: "dapi-env" };
    expect((await connectionTo(databricks(), env)).baseUrl).toBe(baseUrl);
  });

  test("a host that is no address is named", async () => {
    const env = { DATABRICKS_HOST: "my workspace", DATABRICKS_TOKEN: "dapi-env" };
    await expect(connectionTo(databricks(), env)).rejects.toThrow(/"my workspace" is not an address/);
  });
});
