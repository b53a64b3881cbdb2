import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { naiveForecast } from "../../../runner/pipeline/prepare-data.ts";
import { numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";
import { anyHorizon, anySeries, anyStep, type Series } from "../features/series.ts";

function forecast({ times, target }: Series, horizon: number, step: number, seasonLength: number): Float64Array | null {
  const rows = new Table({ time: numeric(times) });
  return naiveForecast(rows, { time: "time", target: "y", horizon, step, features: [] }, target, seasonLength);
}

/** By the words of the definition: the latest season that has the place, else the latest known target. */
function expectedAt(
  { times, target }: Series,
  row: number,
  horizon: number,
  step: number,
  seasonLength: number,
): number {
  const known: { time: number; value: number }[] = [];
  for (let other = 0; other < times.length; other++) {
    if (times[other] <= times[row] - horizon * step && !Number.isNaN(target[other])) {
      known.push({ time: times[other], value: target[other] });
    }
  }
  const first = known[0]?.time ?? Number.POSITIVE_INFINITY;
  for (let seasons = 1; seasonLength > 1 && times[row] - seasons * seasonLength * step >= first - step; seasons++) {
    const wanted = times[row] - seasons * seasonLength * step;
    const found = known.filter(({ time }) => Math.abs(time - wanted) < step / 2).at(-1);
    if (found !== undefined) return found.value;
  }
  return known.at(-1)?.value ?? Number.NaN;
}

const anySeason = fc.integer({ min: 1, max: 6 });

describe("the naive forecast", () => {
  it("is what its definition says, on series with gaps, duplicates and missing values", () => {
    fc.assert(
      fc.property(anySeries, anyHorizon, anyStep, anySeason, (series, horizon, step, season) => {
        const naive = forecast(series, horizon, step, season);
        const expected = [...series.times.keys()].map((row) => expectedAt(series, row, horizon, step, season));
        expect([...(naive ?? [])]).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("never moves when a target changes that is dated later than the horizon allows", () => {
    const noise = fc.infiniteStream(fc.double({ min: -1e9, max: 1e9 }));
    fc.assert(
      fc.property(
        anySeries,
        anyHorizon,
        anyStep,
        anySeason,
        fc.nat(),
        noise,
        (series, horizon, step, season, pick, other) => {
          const row = pick % series.times.length;
          const wall = series.times[row] - horizon * step;
          const target = series.target.map((value, i) => (series.times[i] > wall ? other.next().value : value));
          const [before, after] = [series, { ...series, target }].map((one) => forecast(one, horizon, step, season));
          expect(after?.slice(0, row + 1)).toEqual(before?.slice(0, row + 1));
        },
      ),
    );
  });

  it("repeats the same weekday of the latest week that is known", () => {
    const days = Array.from({ length: 21 }, (_, day) => day);
    const series = { times: Float64Array.from(days), target: Float64Array.from(days) };
    expect([...(forecast(series, 3, 1, 7) ?? [])].slice(-3)).toEqual([11, 12, 13]);
    expect([...(forecast(series, 8, 1, 7) ?? [])].slice(-3)).toEqual([4, 5, 6]);
  });

  it("needs no longer for seconds within years than for years", () => {
    const times = Float64Array.from({ length: 100 }, (_, i) => i * 31_557_600_000 + (i % 7));
    expect(forecast({ times, target: times }, 1, 1, 7)).toHaveLength(100);
  });
});
