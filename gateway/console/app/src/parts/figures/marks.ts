// Commands as marks on a curve. Ten goods listed in one second are one mark.

import type { Mark } from "./plot";
import type { Row } from "./value";

/** Which commands move a curve; the rest stand in the table. */
export const TELLING = new Set([
  "product_pinned", "explain_started", "flash_sale_started", "coupon_dropped", "red_packet_dropped", "lucky_draw_opened", "price_changed", "stock_released",
  "announcement_published", "show_paused", "show_resumed", "host_shift_started",
]);

const APART = 5_000;

/** The telling commands in the order of time; of those within seconds of each other only the first of its kind. */
export function marksOf(commands: readonly Row[], name: (type: string) => string): Mark[] {
  const marks: Mark[] = [];
  const last = new Map<string, number>();
  for (const c of [...commands].sort((a, b) => Date.parse(String(a["t"])) - Date.parse(String(b["t"])))) {
    const type = String(c["type"]);
    const at = Date.parse(String(c["t"]));
    if (!TELLING.has(type) || Number.isNaN(at)) continue;
    const before = last.get(type);
    if (before !== undefined && at - before < APART) continue;
    last.set(type, at);
    marks.push({ at, name: name(type) });
  }
  return marks;
}
