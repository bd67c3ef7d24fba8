import { expect, it } from "vitest";
import { leading, visible } from "./window";

it("draws the same few rows of a list of any length, and keeps its height", () => {
  for (const n of [0, 1, 50, 5_000]) {
    const heights = Array.from({ length: n }, (_, i) => 20 + (i % 3) * 10);
    const whole = heights.reduce((a, b) => a + b, 0);
    for (const top of [0, 100, whole / 2, whole]) {
      const r = visible(heights, top, 400);
      const inside = heights.slice(r.from, r.to).reduce((a, b) => a + b, 0);
      expect(r.above + inside + r.below).toBe(whole);
      expect(r.to - r.from).toBeLessThanOrEqual(Math.ceil(1_000 / 20) + 2);
      // Everything that is in sight is drawn.
      expect(r.above).toBeLessThanOrEqual(top);
      expect(r.above + inside).toBeGreaterThanOrEqual(Math.min(whole, top + 400));
    }
  }
});

it("tells what went at the beginning, and not what went between", () => {
  const rows = (...ids: string[]) => ids.map((id) => ({ id }));
  expect(leading(rows(), rows("a"))).toBe(0);
  expect(leading(rows("a", "b", "c"), rows("a", "c", "d"))).toBe(0);
  expect(leading(rows("a", "b", "c"), rows("c", "d"))).toBe(2);
  expect(leading(rows("a", "b"), rows("x"))).toBe(2);
});
