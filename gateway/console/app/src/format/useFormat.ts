// Formats in the language of the moment.

import { locale } from "@/i18n/words";
import { tables } from "@/session/tables";
import { money, tick, type Minor } from "./money";
import { clock, count, countTick, dayOf, instant, moment, rate, type Ratio } from "./number";

/** Formatting for templates; `zone` is the room's time zone, else the browser's. */
export function useFormat(zone: () => string | undefined = () => undefined) {
  return {
    money: (minor: Minor | null | undefined, currency: string) => money(minor, currency, tables.digits, locale.value),
    /** On the axis of a chart, where room is scarce. */
    moneyTick: (minor: number, currency: string) => tick(minor, currency, tables.digits, locale.value),
    countTick: (n: number) => countTick(n, locale.value),
    count: (n: number | null | undefined) => count(n, locale.value),
    rate: (r: Ratio | null | undefined) => rate(r, locale.value),
    clock: (at: string | number | undefined) => clock(at, locale.value, zone()),
    day: (at: string | undefined) => dayOf(at, locale.value, zone()),
    moment: (at: string | undefined) => moment(at, locale.value, zone()),
    instant: (at: string | undefined) => instant(at, locale.value, zone()),
  };
}
