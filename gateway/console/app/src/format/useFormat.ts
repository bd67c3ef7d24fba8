// Formats in the language of the moment.

import { locale } from "@/i18n/words";
import { tables } from "@/session/tables";
import { money, tick, type Minor } from "./money";
import { clock, count, countTick, dayOf, duration, instant, moment, rate, type Ratio } from "./number";
import { zoneBeside } from "./wall";

/** Formatting for templates; `zone` is the room's time zone, else the browser's. */
export function useFormat(zone: () => string | undefined = () => undefined) {
  return {
    money: (minor: Minor | null | undefined, currency: string) => money(minor, currency, tables.digits, locale.value),
    /** On the axis of a chart, where room is scarce. */
    moneyTick: (minor: number, currency: string) => tick(minor, currency, tables.digits, locale.value),
    countTick: (n: number) => countTick(n, locale.value),
    count: (n: number | null | undefined) => count(n, locale.value),
    rate: (r: Ratio | null | undefined) => rate(r, locale.value),
    /** How long something lasts, with its units. */
    lasts: (ms: number) => duration(ms, locale.value),
    /** Of a figure, which may be less than a second. */
    lastsFine: (ms: number) => duration(ms, locale.value, true),
    clock: (at: string | number | undefined) => clock(at, locale.value, zone()),
    day: (at: string | undefined) => dayOf(at, locale.value, zone()),
    moment: (at: string | undefined) => moment(at, locale.value, zone()),
    /** Of a show, on the clock of its room, with the zone where that is not the reader's own. */
    momentOf: (at: string | undefined, room: string | undefined) => [moment(at, locale.value, room), zoneBeside(at, locale.value, room)].filter(Boolean).join(" "),
    instant: (at: string | undefined) => instant(at, locale.value, zone()),
  };
}
