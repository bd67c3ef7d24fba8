import { expect, it } from "vitest";
import { visible } from "./window";

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
