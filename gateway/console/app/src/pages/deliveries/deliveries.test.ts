import { describe, expect, it } from "vitest";
import { GROUPS, standing, typesOf, type Group } from "./deliveries";

describe("subscriptions", () => {
  it("are of kinds that stand in one group each", () => {
    const all = typesOf(Object.keys(GROUPS) as Group[]);
    expect(new Set(all).size).toBe(all.length);
    expect(typesOf(["shows", "reports"])).toEqual(["show_scheduled", "show_started", "show_paused", "show_resumed", "show_ended", "report_due"]);
    expect(typesOf([])).toEqual([]);
  });
  it("say why nothing is sent, the worst first", () => {
    const now = Date.parse("2026-01-02T12:00:00.000Z");
    expect(standing({ active: true }, now)).toBe("active");
    expect(standing({ active: true, paused_until: "2026-01-02T12:00:01.000Z" }, now)).toBe("waiting");
    expect(standing({ active: true, paused_until: "2026-01-02T11:59:59.000Z" }, now)).toBe("active");
    expect(standing({ active: false }, now)).toBe("paused");
    expect(standing({ active: false, stopped: "gone" }, now)).toBe("gone");
  });
});
