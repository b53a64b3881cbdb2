import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calendarWave, usefulCalendarParts } from "../../../runner/features/calendar.ts";
import { type CalendarPart, calendarParts } from "../../../runner/features/recipe.ts";
import { numeric } from "../../../runner/table/column.ts";

const DAY = 86_400_000;

/** The phase read from the written form of the time, which has no arithmetic of its own in common with the code. */
function phaseOf(ms: number, part: CalendarPart): number {
  const [date, clock] = new Date(ms).toISOString().split("T");
  const [year, month, day] = date.replace(/^-/, "").split("-").map(Number);
  const [hours, minutes, seconds] = clock.replace("Z", "").split(":").map(Number);
  const inDay = (hours * 3600 + minutes * 60 + seconds) / 86_400;
  const weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(new Date(ms).toUTCString().slice(0, 3));
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return {
    "hour of day": inDay,
    "day of week": (weekday + inDay) / 7,
    "day of month": (day - 1 + inDay) / days[month - 1],
    "month of year": (month - 1 + (day - 1) / 31) / 12,
  }[part];
}

const timestamps = (...iso: string[]) => numeric(Float64Array.from(iso, Date.parse), "timestamp");
const rounded = (wave: Float64Array) => Array.from(wave, (value) => Math.round(value * 1e6) / 1e6 + 0);

describe("calendarWave", () => {
  it("agrees with the written date, from 1900 to 2100", () => {
    const anyTime = fc.integer({ min: Date.parse("1900-01-01"), max: Date.parse("2100-01-01") });
    fc.assert(
      fc.property(anyTime, fc.constantFrom(...calendarParts), (ms, part) => {
        const time = numeric(Float64Array.of(ms), "timestamp");
        const angle = 2 * Math.PI * phaseOf(ms, part);
        expect(calendarWave(time, part, "sin")[0]).toBeCloseTo(Math.sin(angle), 9);
        expect(calendarWave(time, part, "cos")[0]).toBeCloseTo(Math.cos(angle), 9);
      }),
    );
  });

  it("knows the quarters of a day before 1970", () => {
    const time = timestamps("1969-12-31T00:00Z", "1969-12-31T06:00Z", "1969-12-31T12:00Z", "1969-12-31T18:00Z");
    expect(rounded(calendarWave(time, "hour of day", "sin"))).toEqual([0, 1, 0, -1]);
    expect(rounded(calendarWave(time, "hour of day", "cos"))).toEqual([1, 0, -1, 0]);
  });

  it("puts Sunday midnight at the start of the week", () => {
    const time = timestamps("1969-12-28T00:00Z", "2024-03-03T00:00Z");
    expect(rounded(calendarWave(time, "day of week", "cos"))).toEqual([1, 1]);
  });

  it("has no daylight saving: an hour in UTC is the same place of the day all year", () => {
    const winter = timestamps("2024-01-15T02:30Z");
    const summer = timestamps("2024-07-15T02:30Z");
    expect(calendarWave(winter, "hour of day", "sin")).toEqual(calendarWave(summer, "hour of day", "sin"));
  });

  it("gives a date the phase of its midnight as a time stamp", () => {
    const days = Float64Array.of(-400, -1, 0, 59, 19_000);
    for (const part of calendarParts) {
      const asDates = calendarWave(numeric(days, "date"), part, "sin");
      expect(asDates).toEqual(
        calendarWave(
          numeric(
            days.map((day) => day * DAY),
            "timestamp",
          ),
          part,
          "sin",
        ),
      );
    }
  });

  it("has no phase where the time is missing", () => {
    expect(calendarWave(numeric(Float64Array.of(Number.NaN), "date"), "day of week", "sin")).toEqual(
      Float64Array.of(Number.NaN),
    );
  });
});

describe("usefulCalendarParts", () => {
  const daily = (days: number) =>
    numeric(
      Float64Array.from({ length: days }, (_, day) => day),
      "date",
    );

  it("has none for times that are only numbers", () => {
    expect(usefulCalendarParts(numeric(Float64Array.of(1, 2, 1000), "integer"), 1)).toEqual([]);
  });

  it("leaves out what the series is too short to repeat", () => {
    expect(usefulCalendarParts(daily(10), 1)).toEqual([]);
    expect(usefulCalendarParts(daily(30), 1)).toEqual(["day of week"]);
    expect(usefulCalendarParts(daily(900), 1)).toEqual(["day of week", "day of month", "month of year"]);
  });

  it("leaves out what cannot vary at the step", () => {
    const weekly = numeric(
      Float64Array.from({ length: 200 }, (_, week) => 7 * week),
      "date",
    );
    expect(usefulCalendarParts(weekly, 7)).toEqual(["day of month", "month of year"]);
    const hourly = numeric(
      Float64Array.from({ length: 100 }, (_, hour) => (hour * DAY) / 24),
      "timestamp",
    );
    expect(usefulCalendarParts(hourly, DAY / 24)).toEqual(["hour of day"]);
  });
});
