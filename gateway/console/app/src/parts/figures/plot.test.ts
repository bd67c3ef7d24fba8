import { expect, it } from "vitest";
import { spanOf } from "./plot";

const at = (minute: number) => ({ t: new Date(Date.UTC(2026, 10, 11, 12, minute)).toISOString() });

it("draws one minute over minutes and not over days", () => {
  const span = spanOf([at(0)]);
  expect((span.max ?? 0) - (span.min ?? 0)).toBe(600_000);
});

it("draws a show from its first minute to its last", () => {
  expect(spanOf([at(3), at(1), at(44)])).toEqual({ min: Date.parse(at(1).t), max: Date.parse(at(44).t) });
  expect(spanOf([])).toEqual({});
  expect(spanOf([{ t: "never" }])).toEqual({});
});
