// How the way from one figure to another is written.

import { locale, useWords } from "@/i18n/words";
import { metric } from "@/parts/figures/dictionary";
import { usePens } from "@/parts/figures/usePens";
import { pointsOf } from "./compare";
import { words } from "./words";

/** Writes a difference; that of two shares in points, since 1.3 % more of 7.2 % would be another thing. */
export function useWay() {
  const say = useWords(words);
  const { figure } = usePens();
  return (key: string, difference: unknown, currency: string): string => {
    const points = pointsOf(metric(key)?.unit, difference);
    return points === undefined ? figure(key, difference, currency) : say("points", { n: points.toLocaleString(locale.value, { minimumFractionDigits: 1, maximumFractionDigits: 1 }) });
  };
}
