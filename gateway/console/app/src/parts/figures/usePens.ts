// Ways to write figures in the language of the moment.

import { useFormat } from "@/format/useFormat";
import { locale } from "@/i18n/words";
import { loadMetrics, metric, wordOf } from "./dictionary";
import { write, type Pens } from "./value";

/** Writes a value of the API in the language of the moment; `zone` is the show's. */
export function usePens(zone: () => string | undefined = () => undefined) {
  void loadMetrics();
  const format = useFormat(zone);
  const pens: Pens = {
    money: format.money, count: format.count, rate: format.rate, moment: format.moment, word: wordOf, lasts: format.lastsFine, decimal: (n) => n.toLocaleString(locale.value, { maximumFractionDigits: 1 }),
  };
  const days = (n: number) => n.toLocaleString(locale.value, { style: "unit", unit: "day", unitDisplay: "long", maximumFractionDigits: 1 });
  /** How long a window is: in days where they are whole, for nobody thinks of 168 hours. */
  const hours = (h: number) => (h >= 24 && h % 24 === 0 ? days(h / 24) : h.toLocaleString(locale.value, { style: "unit", unit: "hour", unitDisplay: "long", maximumFractionDigits: 1 }));
  return { ...format, pens, hours, figure: (key: string, v: unknown, currency: string) => write(pens, key, v, currency, metric(key)) };
}
