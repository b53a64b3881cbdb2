import fc from "fast-check";

/** A series as it may come: sorted, with gaps and duplicates, some targets missing. */
export interface Series {
  readonly times: Float64Array;
  readonly target: Float64Array;
}

const value = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);

/** Whole times from -50 to 80, so that steps are exact, duplicates are frequent and some times are before 1970. */
export const anySeries: fc.Arbitrary<Series> = fc
  .array(fc.record({ time: fc.integer({ min: -50, max: 80 }), value }), { minLength: 1, maxLength: 40 })
  .map((rows) => {
    const sorted = [...rows].sort((a, b) => a.time - b.time);
    return {
      times: Float64Array.from(sorted, (row) => row.time),
      target: Float64Array.from(sorted, (row) => row.value),
    };
  });

export const anyHorizon = fc.integer({ min: 1, max: 8 });
export const anyStep = fc.integer({ min: 1, max: 3 });
