// Amounts are integers in minor units; they become text without ever becoming
// a fraction in between.

// decimal writes minor units with `digits` places: decimal(-5, 2) is "-0.05".
// An integer too large to be exact in JavaScript has no honest text: null.
export function decimal(minor, digits) {
  if (!Number.isSafeInteger(minor)) return null;
  const sign = minor < 0 ? "-" : "";
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  if (digits === 0) return sign + text;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

// minorOf reads what a person typed in whole units, "12.5" with 2 places as 1250:
// null when it is no such amount, or has more places than the currency.
export function minorOf(text, digits) {
  const m = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim());
  if (!m || digits === undefined || (m[2] || "").length > digits) return null;
  const minor = Number(m[1] + (m[2] || "").padEnd(digits, "0"));
  return Number.isSafeInteger(minor) ? minor : null;
}

const formats = new Map();

// money writes an amount for people. `digits` is the server's table, not the
// browser's, so both agree where a currency's point stands.
export function money(minor, currency, digits, locale) {
  const places = digits[currency];
  if (places === undefined) return "—";
  const text = decimal(minor, places);
  if (text === null) return "—";
  const key = `${locale} ${currency}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, {
      style: "currency", currency, currencyDisplay: "narrowSymbol",
      minimumFractionDigits: places, maximumFractionDigits: places,
    });
    formats.set(key, format);
  }
  return format.format(text); // a decimal string is formatted exactly
}

// count writes a whole number for people.
export function count(n, locale) {
  return Number.isSafeInteger(n) ? n.toLocaleString(locale) : "—";
}

// rate writes numerator/denominator as a percentage with one digit. Nothing by
// nothing is not 0 %: it is unknown.
export function rate(r, locale) {
  if (!r || !r.denominator) return "—";
  return (r.numerator / r.denominator).toLocaleString(locale, {
    style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1,
  });
}
