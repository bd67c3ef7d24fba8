import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { join } from "node:path";

const css = readFileSync(join(import.meta.dirname, "tokens.css"), "utf8");

/** The colours of a theme by name. */
function colours(name: string): Record<string, string> {
  const block = new RegExp(`data-theme="${name}"\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? "";
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1] ?? "", m[2] ?? ""]));
}

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const v = parseInt(hex.slice(i, i + 2), 16) / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

const GROUNDS = ["ground", "panel", "raised", "sunken"];
const PAIRS = [
  ...["ink", "soft", "accent", "good", "warn", "bad", "gold"].flatMap((text) => GROUNDS.map((g) => [text, g])),
  ["good", "good-ground"], ["warn", "warn-ground"], ["bad", "bad-ground"], ["accent", "accent-ground"], ["ink", "accent-ground"],
  ["ink", "bad-ground"], ["ink", "warn-ground"], ["soft", "accent-ground"], ["on-accent", "accent"], ["on-bad", "bad"],
] as [string, string][];

describe.each(["dark", "light"])("the %s theme", (name) => {
  const c = colours(name);
  it.each(PAIRS)("shows %s on %s with a contrast of 4.5:1", (text, ground) => {
    expect(c[text], text).toBeDefined();
    expect(c[ground], ground).toBeDefined();
    expect(contrast(c[text] ?? "", c[ground] ?? "")).toBeGreaterThanOrEqual(4.5);
  });
});

it("computes contrast as WCAG does", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});
