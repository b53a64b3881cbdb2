import * as fc from "fast-check";
import { expect, test } from "vitest";
import { metricJson, splitBatches } from "../../../runner/tracking/batches.ts";

const keyValue = fc.record({ key: fc.string({ maxLength: 250 }), value: fc.string({ maxLength: 40 }) });
const metric = fc.record({ key: fc.string(), value: fc.double(), timestamp: fc.nat(), step: fc.nat() });

test("every item is in exactly one batch, in its order, and every batch is within MLflow's limits", () => {
  fc.assert(
    fc.property(
      fc.array(metric, { maxLength: 60 }),
      fc.array(keyValue, { maxLength: 60 }),
      fc.array(keyValue, { maxLength: 60 }),
      fc.integer({ min: 1, max: 60 }),
      (metrics, params, tags, times) => {
        const repeat = <T>(items: readonly T[]) => Array.from({ length: times }, () => items).flat();
        const content = { metrics: repeat(metrics), params: repeat(params), tags: repeat(tags) };
        const batches = splitBatches(content);
        for (const batch of batches) {
          expect(batch.metrics.length).toBeLessThanOrEqual(1000);
          expect(batch.params.length).toBeLessThanOrEqual(100);
          expect(batch.tags.length).toBeLessThanOrEqual(100);
          expect(batch.metrics.length + batch.params.length + batch.tags.length).toBeLessThanOrEqual(1000);
          expect(Buffer.byteLength(JSON.stringify({ run_id: "x".repeat(32), ...batch }))).toBeLessThan(1_000_000);
        }
        expect(batches.flatMap((batch) => batch.metrics)).toEqual(content.metrics.map(metricJson));
        expect(batches.flatMap((batch) => batch.params)).toEqual(content.params);
        expect(batches.flatMap((batch) => batch.tags)).toEqual(content.tags);
      },
    ),
    { numRuns: 40 },
  );
});

test("a megabyte of long params is split by size", () => {
  const params = Array.from({ length: 100 }, (_, index) => ({ key: `p${index}`, value: "é".repeat(6000) }));
  expect(splitBatches({ params }).map((batch) => batch.params.length)).toEqual([74, 26]);
});

test("nothing to log needs no request", () => {
  expect(splitBatches({})).toEqual([]);
});

test("300 params and 300 tags share three requests", () => {
  const items = Array.from({ length: 300 }, (_, index) => ({ key: `k${index}`, value: "v" }));
  expect(splitBatches({ params: items, tags: items })).toHaveLength(3);
});

test("what JSON has no number for is sent as MLflow writes it, times and steps as integers", () => {
  expect(metricJson({ key: "m", value: Number.NaN, timestamp: 1.6, step: 2.4 })).toEqual({
    key: "m",
    value: "NaN",
    timestamp: 2,
    step: 2,
  });
  const values = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5];
  const sent = values.map((value) => metricJson({ key: "m", value, timestamp: 0, step: 0 }).value);
  expect(sent).toEqual(["Infinity", "-Infinity", 1.5]);
});
