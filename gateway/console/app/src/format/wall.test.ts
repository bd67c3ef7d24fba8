import { describe, expect, it } from "vitest";
import { clock } from "./number";
import { ownZone, wallInstant, zoneBeside } from "./wall";

describe("the clock on the wall", () => {
  it.each([
    ["2026-11-23T10:45", "Asia/Shanghai", "2026-11-23T02:45:00.000Z"], ["2026-11-23T10:45", "UTC", "2026-11-23T10:45:00.000Z"], ["2026-01-01T00:15", "Asia/Kolkata", "2025-12-31T18:45:00.000Z"],
    ["2026-03-08T00:30", "America/New_York", "2026-03-08T05:30:00.000Z"], ["2026-03-08T03:30", "America/New_York", "2026-03-08T07:30:00.000Z"], ["2026-11-01T12:00", "America/New_York", "2026-11-01T17:00:00.000Z"],
    ["", "Asia/Shanghai", ""], ["soon", "UTC", ""],
  ])("%s in %s is %s", (text, zone, want) => {
    expect(wallInstant(text, zone)).toBe(want);
  });
  it("is shown as it was put in, at every hour of a year but those that a zone leaves out", () => {
    for (const zone of ["America/New_York", "Australia/Lord_Howe", "Asia/Shanghai"]) {
      let other = 0;
      for (let h = 0; h < 366 * 24; h++) {
        const text = new Date(Date.UTC(2026, 0, 1, h)).toISOString().slice(0, 16);
        if (clock(wallInstant(text, zone), "en", zone).slice(0, 5) !== text.slice(11)) other++;
      }
      expect(other).toBeLessThanOrEqual(1);
    }
  });
});

it("names a zone beside its time only where the reader's clock shows another", () => {
  const at = "2026-11-22T12:00:00Z";
  expect(zoneBeside(at, "en", ownZone())).toBe("");
  const other = ownZone() === "Asia/Shanghai" ? "UTC" : "Asia/Shanghai";
  expect(zoneBeside(at, "zh-CN", other)).toBe(other === "UTC" ? "UTC" : "GMT+8");
  expect(zoneBeside(undefined, "en", other)).toBe("");
  expect(zoneBeside(at, "en", undefined)).toBe("");
});
