import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TrackingError } from "../../../runner/tracking/errors.ts";
import { acceptableRecord, runIdOf } from "../../../runner/tracking/run-record.ts";
import { runRecord } from "./run-records.ts";

describe("runIdOf", () => {
  test("is the same for the same scenario of a batch, and another one for any other", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (batch, scenario, otherBatch, otherScenario) => {
        const id = runIdOf(batch, scenario);
        expect(id).toMatch(/^[0-9a-f]{32}$/);
        const isSame = batch === otherBatch && scenario === otherScenario;
        expect(runIdOf(otherBatch, otherScenario) === id).toBe(isSame);
      }),
    );
  });
});

describe("acceptableRecord", () => {
  test("cuts long values to MLflow's limits and keeps params on one line", () => {
    const record = acceptableRecord(
      runRecord({
        params: { long: "x".repeat(7000), lines: "a\nb\u2028c" },
        tags: { note: `a\nb${"y".repeat(9000)}` },
      }),
    );
    expect(record.params.long).toHaveLength(6000);
    expect(record.params.lines).toBe("a\\nb c");
    expect(record.tags.note).toHaveLength(8000);
    expect(record.tags.note).toMatch(/^a\nb/);
  });

  test("does not cut a character in half", () => {
    const { params } = acceptableRecord(runRecord({ params: { p: `${"x".repeat(5998)}😀😀` } }));
    expect(params.p).toBe(`${"x".repeat(5998)}…`);
  });

  test("always has the tags that MLflow's pages need", () => {
    const parentRunId = runIdOf("batch");
    const { tags } = acceptableRecord(runRecord({ runName: "store=1", parentRunId }));
    expect(tags).toMatchObject({ "mlflow.runName": "store=1", "mlflow.parentRunId": parentRunId });
  });

  test("drops doubled metric points and makes times and steps integers", () => {
    const point = { key: "m", value: Number.NaN, timestampMs: 1000.4, step: 1 };
    const { metrics } = acceptableRecord(runRecord({ metrics: [point, point, { ...point, step: 2.2 }] }));
    expect(metrics).toEqual([
      { key: "m", value: Number.NaN, timestampMs: 1000, step: 1 },
      { key: "m", value: Number.NaN, timestampMs: 1000, step: 2 },
    ]);
  });

  test("all points of a renamed metric get the same name", () => {
    const points = [0, 1].map((step) => ({ key: "ms (fit)", value: step, timestampMs: 0, step }));
    const { metrics } = acceptableRecord(runRecord({ metrics: points }));
    expect(metrics.map((metric) => metric.key)).toEqual(["ms _fit_", "ms _fit_"]);
  });

  test("a digest that is too long becomes a hash, not a prefix", () => {
    const input = { name: "master", sourceType: "local", source: "{}", context: "training" };
    const { inputs } = acceptableRecord(
      runRecord({ inputs: ["a", "b"].map((end) => ({ ...input, digest: `${"0".repeat(64)}${end}` })) }),
    );
    expect(inputs[0].digest).not.toBe(inputs[1].digest);
    expect(inputs[0].digest).toHaveLength(32);
  });

  test("a model becomes the artifacts that MLflow's readers look for", () => {
    const model = { name: "model", files: [{ path: "weights.bin", bytes: new Uint8Array(3) }], flavors: { own: {} } };
    const { artifacts } = acceptableRecord(runRecord({ model: { ...model, register: { name: "demand" } } }));
    expect(artifacts.map((artifact) => artifact.path)).toEqual(["model/MLmodel", "model/weights.bin"]);
    expect(JSON.parse(Buffer.from(artifacts[0].bytes).toString())).toMatchObject({ flavors: { own: {} } });
  });

  test.each(["../x", "/etc/passwd", "a/../../x", "C:\\x", "a//b", "", "a\0b", "..\\x"])(
    "refuses the artifact path %j, which leaves the run's folder",
    (path) => {
      const artifacts = [{ path, bytes: new Uint8Array() }];
      expect(() => acceptableRecord(runRecord({ artifacts }))).toThrow(TrackingError);
    },
  );

  test("refuses run ids that could be another folder", () => {
    expect(() => acceptableRecord(runRecord({ runId: "../../../../../../../../../../tmp/x" }))).toThrow(TrackingError);
  });
});
