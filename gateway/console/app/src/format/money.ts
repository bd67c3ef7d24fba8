// Amounts are whole minor units. They are written from decimal strings, never
// from floats, with the digits of the server's own table of currencies.

/** What amounts come as: JSON numbers, or bigints of sums made here. */
export type Minor = number | bigint;

/** The text of an amount with the point at its place, "" if it is no whole number. */
export function decimal(minor: Minor, digits: number): string {
  if (typeof minor === "number") {
    if (!Number.isSafeInteger(minor)) return "";
    minor = BigInt(minor);
  }
  const sign = minor < 0n ? "-" : "";
  const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, "0");
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Reads whole units as a person types them; null if it is no amount of this currency. */
export function minorOf(text: string, digits: number | undefined): number | null {
  const m = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim());
  if (!m || digits === undefined || (m[2] ?? "").length > digits) return null;
  const minor = Number((m[1] ?? "") + (m[2] ?? "").padEnd(digits, "0"));
  return Number.isSafeInteger(minor) ? minor : null;
}

const ticks = new Map<string, Intl.NumberFormat>();

/**
 * An amount as the axis of a chart has it: shortened, as in ¥1.2K or ¥1.2万. A
 * place on a line and no amount to reckon with, therefore a float may do.
 */
export function tick(minor: number, currency: string, digits: Record<string, number>, locale: string): string {
  const places = digits[currency];
  if (places === undefined || !Number.isFinite(minor)) return "—";
  const key = `${locale} ${currency}`;
  let format = ticks.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol", notation: "compact", useGrouping: true, minimumFractionDigits: 0, maximumFractionDigits: 1 });
    ticks.set(key, format);
  }
  return format.format(minor / 10 ** places);
}

const formats = new Map<string, Intl.NumberFormat>();

/** An amount for people, "—" when it or its currency is not known. */
export function money(minor: Minor | null | undefined, currency: string, digits: Record<string, number>, locale: string): string {
  const places = digits[currency];
  if (minor === null || minor === undefined || places === undefined) return "—";
  const text = decimal(minor, places);
  if (text === "") return "—";
  const key = `${locale} ${currency}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, {
      style: "currency", currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: places, maximumFractionDigits: places,
    });
    formats.set(key, format);
  }
  return format.format(text as unknown as number); // A decimal string is formatted exactly.
}
