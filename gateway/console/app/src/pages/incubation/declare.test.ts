import { expect, it } from "vitest";
import { formOf, placeOf, trackOf } from "./declare";
import type { Track } from "./incubation";

const track: Track = {
  track_id: "host", label_zh: "客服成长为主播", label_en: "From agent to host",
  stages: [
    { stage: "agent", label_zh: "客服", label_en: "Agent", role: "agent", needs: [] },
    { stage: "host", label_zh: "主播", label_en: "Host", role: "host", needs: [
      { kind: "skill", skill: "explain" }, { kind: "score", figure: "csat", at_least: 9050, least_sample: 20, days: 30 }, { kind: "score", figure: "first_response_time", at_most: 45_000, least_sample: 20, days: 30 },
      { kind: "drills", count: 2 }, { kind: "shadows", count: 3, minutes: 30 }, { kind: "shows", count: 1, minutes: 20 },
    ] },
  ],
  drill: { rubric: [{ criterion: "clear", label_zh: "讲解清楚", label_en: "Clear", points: 10 }], pass_points: 7, least_minutes: 20, most_mistakes: 0, most_prompt_ms: 30_500, least_answered_bps: 6025 },
};

it("gives back what was declared, whichever kinds it asks for", () => {
  const { track_id, ...body } = track;
  expect(track_id).toBe("host");
  expect(trackOf(formOf(track))).toEqual(body);
});

it("writes shares in per cent and times in seconds", () => {
  const f = formOf(track);
  expect(f.stages[1]?.needs.map((n) => n.limit)).toEqual(["", 90.5, 45, "", "", ""]);
  expect([f.drill.most_mistakes, f.drill.most_prompt_ms, f.drill.least_answered_bps]).toEqual([0, 30.5, 60.25]);
});

it("leaves out what is not written, and members of another kind", () => {
  const f = formOf(track);
  f.drill.most_mistakes = "";
  const needs = f.stages[1]?.needs ?? [];
  if (needs[1]) Object.assign(needs[1], { kind: "drills", count: 4 });
  const t = trackOf(f);
  expect(t.drill).not.toHaveProperty("most_mistakes");
  expect(t.stages[1]?.needs[1]).toEqual({ kind: "drills", count: 4 });
});

it("begins a track with an agent's stage that asks for nothing, and another that asks", () => {
  expect(trackOf(formOf()).stages.map((s) => [s.role, s.needs.length])).toEqual([["agent", 0], ["host", 1]]);
});

it("says where a field stands", () => {
  expect(placeOf("stages[1].needs[0].count")).toEqual({ stage: 2, need: 1, name: "count" });
  expect(placeOf("drill.rubric[2].points")).toEqual({ line: 3, name: "points" });
  expect(placeOf("items[0].proof")).toEqual({ line: 1, name: "proof" });
  expect(placeOf("stages")).toEqual({ name: "stages" });
});
