/** Days, weeks, months and years of a time zone, as names that are equal within one. Pure. */

/** The periods that a moment lies in. */
export interface Periods {
  /** `2026-11-30` */
  readonly daily: string;
  /** Of ISO 8601: `2026-W49`. */
  readonly weekly: string;
  /** `2026-11` */
  readonly monthly: string;
  /** `2026` */
  readonly yearly: string;
}

const DAY_MS = 86_400_000;

/** Week of ISO 8601: that of the Thursday that it holds. */
function weekOf(year: number, month: number, day: number): string {
  const date = new Date(Date.UTC(year, month - 1, day));
  const weekday = (date.getUTCDay() + 6) % 7;
  const thursday = new Date(date.getTime() + (3 - weekday) * DAY_MS);
  const firstDay = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.floor((thursday.getTime() - firstDay) / DAY_MS / 7) + 1;
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, "0")}`;
}

/** Tells the periods of moments (seconds since 1970) in a time zone, `Europe/Berlin`; one that is unknown is UTC. */
export function calendarOf(zone: string): (seconds: number) => Periods {
  const options = { year: "numeric", month: "numeric", day: "numeric", calendar: "gregory" } as const;
  const format = (() => {
    try {
      return new Intl.DateTimeFormat("en-US", { ...options, timeZone: zone });
    } catch {
      return new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" });
    }
  })();
  return (seconds) => {
    const parts = new Map(format.formatToParts(new Date(seconds * 1000)).map(({ type, value }) => [type, value]));
    const [year, month, day] = [parts.get("year"), parts.get("month"), parts.get("day")].map(Number);
    const two = (value = 0) => String(value).padStart(2, "0");
    return {
      daily: `${year}-${two(month)}-${two(day)}`,
      weekly: weekOf(year ?? 0, month ?? 1, day ?? 1),
      monthly: `${year}-${two(month)}`,
      yearly: String(year),
    };
  };
}
