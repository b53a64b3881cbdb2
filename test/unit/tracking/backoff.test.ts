import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseRetryAfter, retryDelayMs } from "../../../runner/tracking/backoff.ts";

const backoff = { maxRetries: 5, delayMs: 500, maxDelayMs: 30_000 };

test("waits grow exponentially up to the limit, half of each random", () => {
  fc.assert(
    fc.property(fc.nat(40), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (attempt, random) => {
      const delayMs = retryDelayMs(backoff, attempt, 0, () => random);
      const full = Math.min(30_000, 500 * 2 ** attempt);
      expect(delayMs).toBeGreaterThanOrEqual(full / 2);
      expect(delayMs).toBeLessThanOrEqual(full);
    }),
  );
});

test("a longer wait that the server asks for wins, within the limit", () => {
  expect(retryDelayMs(backoff, 0, 7000)).toBe(7000);
  expect(retryDelayMs(backoff, 0, 3_600_000)).toBe(30_000);
});

test("Retry-After is read as seconds or as a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(parseRetryAfter("12", now)).toBe(12_000);
  expect(parseRetryAfter("Thu, 01 Jan 2026 00:00:30 GMT", now)).toBe(30_000);
  expect(parseRetryAfter("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  expect(parseRetryAfter("soon", now)).toBeUndefined();
  expect(parseRetryAfter(undefined, now)).toBeUndefined();
});
