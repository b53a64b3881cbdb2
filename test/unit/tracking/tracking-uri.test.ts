import { expect, test } from "vitest";
import { TrackingError } from "../../../runner/tracking/errors.ts";
import { parseTrackingUri, serverId } from "../../../runner/tracking/tracking-uri.ts";

test.each([
  ["./mlruns", { kind: "folder", folder: "/project/mlruns" }],
  ["", { kind: "folder", folder: "/project/mlruns" }],
  ["/data/runs", { kind: "folder", folder: "/data/runs" }],
  ["file:///data/my%20runs", { kind: "folder", folder: "/data/my runs" }],
  ["file:runs", { kind: "folder", folder: "/project/runs" }],
  ["http://localhost:5000/", { kind: "server", uri: "http://localhost:5000" }],
  ["https://example.com/mlflow/", { kind: "server", uri: "https://example.com/mlflow" }],
  ["databricks", { kind: "databricks", uri: "databricks", profile: undefined }],
  ["databricks://prod", { kind: "databricks", uri: "databricks://prod", profile: "prod" }],
])("%s is understood", (uri, expected) => {
  expect(parseTrackingUri(uri, "/project")).toEqual(expected);
});

test("a database is refused with the way to use it", () => {
  expect(() => parseTrackingUri("sqlite:///mlflow.db", "/project")).toThrow(/mlflow server --backend-store-uri/);
});

test("a password never gets into a message", () => {
  for (const uri of ["https://me:s3cret@example.com", "postgresql://me:s3cret@db/mlflow"]) {
    let error: unknown;
    try {
      parseTrackingUri(uri, "/project");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TrackingError);
    expect(String(error)).not.toContain("s3cret");
  }
});

test("servers have different names that are good for files", () => {
  const ids = ["http://a:1", "http://a:2", "https://a:1", "http://a:1/x", "databricks", "databricks://a"].map(serverId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[\w][\w.-]*$/);
});
