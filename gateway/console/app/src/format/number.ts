// Counts, rates and spans of time for people. What formats is made once for each
// language and zone: making one costs more than a thousand uses.

/** Makes what is asked for once for each language and zone. */
export function once<T>(make: (locale: string, zone: string | undefined) => T): (locale: string, zone?: string) => T {
  const made = new Map<string, T>();
  return (locale, zone) => {
    const key = `${locale} ${zone ?? ""}`;
    const known = made.get(key) ?? make(locale, zone);
    made.set(key, known);
    return known;
  };
}

const counts = once((locale) => new Intl.NumberFormat(locale));
const rates = once((locale) => new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }));
const times = (more: (locale: string) => Intl.DateTimeFormatOptions) => once((locale, timeZone) => new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...more(locale), ...(timeZone ? { timeZone } : {}) }));
// 11/12 is two days in English: there the month is named.
const day = (locale: string): Intl.DateTimeFormatOptions => ({ month: locale.startsWith("zh") ? "2-digit" : "short", day: "2-digit" });
const clocks = times(() => ({ second: "2-digit" }));
const moments = times(day);
const days = once((locale, timeZone) => new Intl.DateTimeFormat(locale, { ...day(locale), ...(timeZone ? { timeZone } : {}) }));
const dated = times((locale) => ({ ...day(locale), year: "numeric" }));
const instants = times((locale) => ({ ...day(locale), second: "2-digit" }));
const years = once((locale, timeZone) => new Intl.DateTimeFormat(locale, { year: "numeric", ...(timeZone ? { timeZone } : {}) }));

/** A whole number, "—" when it is not known. */
export function count(n: number | null | undefined, locale: string): string {
  return typeof n === "number" && Number.isSafeInteger(n) ? counts(locale).format(n) : "—";
}

/** A count as the axis of a chart has it: shortened, as in 1.2K or 1.2万. */
export const countTick = (n: number, locale: string): string => n.toLocaleString(locale, { notation: "compact", useGrouping: true, maximumFractionDigits: 1 });

/** A rate as the server tells it. */
export interface Ratio {
  numerator: number;
  denominator: number;
}

/** numerator/denominator as a percentage with one digit. Nothing by nothing is not 0 %: it is unknown. */
export function rate(r: Ratio | null | undefined, locale: string): string {
  if (!r?.denominator) return "—";
  return rates(locale).format(r.numerator / r.denominator);
}

/** A span as a clock that runs on the page has it: m:ss, or h:mm:ss from an hour on; never below zero. */
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest.replace(/^0/, "");
}

/** Numbers with a unit: nobody writes days as a letter. */
const units = once((locale, unit) => new Intl.NumberFormat(locale, { style: "unit", unit: unit ?? "second", unitDisplay: unit === "day" ? "long" : "narrow", maximumFractionDigits: 1 }));
const DAY = 86_400;
/** From this many days on hours say nothing more. */
const LONG = 2;

/**
 * How long something lasts, with its units: the two largest, as in 1h 5m or 3m 7s; of
 * less than ten seconds a tenth as well where `fine`, days from two on; never below zero.
 */
export function duration(ms: number, locale: string, fine = false): string {
  const all = Math.max(0, ms / 1000);
  const unit = (n: number, name: string) => units(locale, name).format(n);
  const both = (...parts: string[]) => parts.join(locale.startsWith("zh") ? "" : " ");
  if (all >= LONG * DAY) return unit(all / DAY, "day");
  if (fine && all < 10) return unit(all, "second");
  const s = Math.floor(all);
  if (s < 60) return unit(s, "second");
  if (s < 3600) return both(unit(Math.floor(s / 60), "minute"), unit(s % 60, "second"));
  return both(unit(Math.floor(s / 3600), "hour"), unit(Math.floor(s / 60) % 60, "minute"));
}

/** The time of day in a zone, "" when it is none. */
export function clock(at: string | number | undefined, locale: string, zone?: string): string {
  const d = new Date(at ?? Number.NaN);
  if (Number.isNaN(d.getTime())) return "";
  return clocks(locale, zone).format(d);
}

/** Day and time in a zone, with the year unless it is this one; "" when it is none. */
export function moment(at: string | undefined, locale: string, zone?: string, now = Date.now()): string {
  const d = new Date(at ?? Number.NaN);
  if (Number.isNaN(d.getTime())) return "";
  const year = years(locale, zone);
  return (year.format(d) === year.format(now) ? moments : dated)(locale, zone).format(d);
}

/** Day in a zone, "" when it is none. */
export function dayOf(at: string | undefined, locale: string, zone?: string): string {
  const d = new Date(at ?? Number.NaN);
  return Number.isNaN(d.getTime()) ? "" : days(locale, zone).format(d);
}

/** Day and time to the second in a zone, "" when it is none. */
export function instant(at: string | undefined, locale: string, zone?: string): string {
  const d = new Date(at ?? Number.NaN);
  return Number.isNaN(d.getTime()) ? "" : instants(locale, zone).format(d);
}
