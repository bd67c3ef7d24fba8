// Which rows of a long list are in sight.

export interface Range {
  from: number;
  /** One after the last. */
  to: number;
  /** Pixels of the rows before and after. */
  above: number;
  below: number;
}

/** Rows beyond the edge that are drawn too, in pixels, so that scrolling shows no holes. */
const BEYOND = 300;

/** Finds the rows that a window of `height` at `top` shows, by their heights. */
export function visible(heights: number[], top: number, height: number): Range {
  let at = 0;
  let from = 0;
  while (from < heights.length && at + (heights[from] ?? 0) < top - BEYOND) at += heights[from++] ?? 0;
  const above = at;
  let to = from;
  while (to < heights.length && at < top + height + BEYOND) at += heights[to++] ?? 0;
  const below = heights.slice(to).reduce((sum, h) => sum + h, 0);
  return { from, to, above, below };
}

/** How many rows at the beginning of a list are no longer at the beginning of the next; all, when nothing of it is left. */
export function leading(before: readonly { id: string }[], after: readonly { id: string }[]): number {
  const left = new Set(after.map((r) => r.id));
  const first = before.findIndex((r) => left.has(r.id));
  return first < 0 ? before.length : first;
}
