import type { NumericColumn } from "../table/column.ts";
import type { CalendarPart } from "./recipe.ts";

const MS_PER_DAY = 86_400_000;

/** The phase of a moment within its cycle, in [0, 1), UTC. */
function phase(moment: Date, part: CalendarPart): number {
  // Times before 1970 are negative, their place in the day is not.
  const dayFraction = moment.getTime() / MS_PER_DAY - Math.floor(moment.getTime() / MS_PER_DAY);
  switch (part) {
    case "hour of day":
      return dayFraction;
    case "day of week":
      return (moment.getUTCDay() + dayFraction) / 7;
    case "day of month": {
      const daysInMonth = new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + 1, 0)).getUTCDate();
      return (moment.getUTCDate() - 1 + dayFraction) / daysInMonth;
    }
    case "month of year":
      return (moment.getUTCMonth() + (moment.getUTCDate() - 1) / 31) / 12;
  }
}

/**
 * Sine or cosine of a part of the time, so that December lies beside January.
 *
 * @param time a `date` or `timestamp` column. @returns one value in [-1, 1] a row, NaN where the time is missing.
 */
export function calendarWave(time: NumericColumn, part: CalendarPart, wave: "sin" | "cos"): Float64Array {
  const unit = time.type === "date" ? MS_PER_DAY : 1;
  const of = wave === "sin" ? Math.sin : Math.cos;
  return time.values.map((value) =>
    Number.isNaN(value) ? Number.NaN : of(2 * Math.PI * phase(new Date(value * unit), part)),
  );
}

/** The parts that can vary from row to row at this step and repeat within the span of the times. */
export function usefulCalendarParts(time: NumericColumn, step: number): CalendarPart[] {
  if (time.type !== "date" && time.type !== "timestamp") return [];
  const unit = time.type === "date" ? MS_PER_DAY : 1;
  const stepMs = step * unit;
  const spanMs = (time.values[time.values.length - 1] - time.values[0]) * unit;
  const parts: CalendarPart[] = [];
  if (stepMs < MS_PER_DAY && spanMs > 2 * MS_PER_DAY) parts.push("hour of day");
  if (stepMs < 7 * MS_PER_DAY && spanMs > 14 * MS_PER_DAY) parts.push("day of week");
  if (stepMs < 28 * MS_PER_DAY && spanMs > 62 * MS_PER_DAY) parts.push("day of month");
  if (stepMs < 300 * MS_PER_DAY && spanMs > 500 * MS_PER_DAY) parts.push("month of year");
  return parts;
}
