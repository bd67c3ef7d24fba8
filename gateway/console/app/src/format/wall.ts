// The clock on the wall: what a field for day and time holds is told without a zone.

import { once } from "./number";

const walls = once((locale, timeZone) => new Intl.DateTimeFormat(locale, { ...(timeZone ? { timeZone } : {}), hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }));

const names = once((locale, timeZone) => new Intl.DateTimeFormat(locale, { ...(timeZone ? { timeZone } : {}), timeZoneName: "short" }));

/** The time zone of whoever looks. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What the clock of a zone shows at an instant, as if it were UTC; the browser's without a zone. */
function shown(at: number, zone?: string): number {
  const parts = walls("en", zone).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((p) => p.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/** The day that the calendar of a zone shows at an instant, as 2006-01-02. */
export const dayAt = (at: number, zone: string): string => new Date(shown(at, zone)).toISOString().slice(0, 10);

/**
 * The instant at which the clock of a zone shows YYYY-MM-DDTHH:MM, as ISO 8601 in
 * UTC, "" for what is no such text. Of an hour that a zone has twice it is one of the
 * two, of one that it leaves out an instant within an hour of it.
 */
export function wallInstant(text: string, zone: string): string {
  const wanted = Date.parse(`${text}Z`);
  if (Number.isNaN(wanted)) return "";
  // The zone's difference at the instant sought; the first guess may lie on the other side of a change.
  const guess = wanted - (shown(wanted, zone) - wanted);
  return new Date(guess + wanted - shown(guess, zone)).toISOString();
}

/** What to call a zone beside a time of it, "" where the clock of whoever looks shows the same. */
export function zoneBeside(at: string | undefined, locale: string, zone: string | undefined): string {
  const t = Date.parse(at ?? "");
  if (Number.isNaN(t) || !zone || shown(t, zone) === shown(t)) return "";
  return names(locale, zone).formatToParts(t).find((p) => p.type === "timeZoneName")?.value ?? zone;
}
