// What a merchant declares, as it is written in a form: numbers that may be left
// out are empty there, shares are per cent and times seconds, and each requirement
// keeps the members of its kind alone.

import type { components } from "@/api/schema";
import type { Skill, Track } from "./incubation";

type Stage = components["schemas"]["IncubationStage"];
type Need = components["schemas"]["IncubationRequirement"];

export const KINDS = ["skill", "score", "drills", "shadows", "shows"] as const;
export const ROLES = ["agent", "trainee", "host"] as const;
export const FIGURES = ["first_response_time", "first_response_kept", "reply_rate", "resolution_time", "resolved_rate", "csat", "csat_participation", "reopen_rate", "transfer_rate"] as const;

/** A number of a form; "" where nothing is written. */
export type Num = number | "";

export interface NeedForm { kind: Need["kind"]; skill: string; figure: string; bound: "at_least" | "at_most"; limit: Num; least_sample: Num; days: Num; count: Num; minutes: Num }
export interface StageForm { stage: string; label_zh: string; label_en: string; role: Stage["role"]; needs: NeedForm[] }
export interface TrackForm {
  track_id: string; label_zh: string; label_en: string; stages: StageForm[];
  drill: { rubric: { criterion: string; label_zh: string; label_en: string; points: Num }[]; pass_points: Num; least_minutes: Num; most_mistakes: Num; most_prompt_ms: Num; least_answered_bps: Num };
}

export const newSkill = (): Skill => ({ skill: "", label_zh: "", label_en: "", proof: "" });
export const newNeed = (): NeedForm => ({ kind: "skill", skill: "", figure: "csat", bound: "at_least", limit: "", least_sample: "", days: "", count: "", minutes: "" });
export const newStage = (): StageForm => ({ stage: "", label_zh: "", label_en: "", role: "trainee", needs: [newNeed()] });
export const newCriterion = () => ({ criterion: "", label_zh: "", label_en: "", points: "" as Num });

/** How much of the API's unit is one of the form's: milliseconds of a second, basis points of a per cent. */
export const unitOf = (figure: string): number => (figure.endsWith("_time") ? 1000 : 100);
const shown = (n: number | undefined, unit: number): Num => (n === undefined ? "" : n / unit);
const kept = (n: Num, unit: number): number | undefined => (n === "" ? undefined : Math.round(n * unit));

const num = (n: number | undefined): Num => n ?? "";
const given = (n: Num): number | undefined => (n === "" ? undefined : n);

/** The form of a track; of none: the two stages without which there is no way. */
export function formOf(t?: Track): TrackForm {
  if (!t) {
    return {
      track_id: "", label_zh: "", label_en: "", stages: [{ ...newStage(), role: "agent", needs: [] }, { ...newStage(), role: "host" }],
      drill: { rubric: [newCriterion()], pass_points: "", least_minutes: "", most_mistakes: "", most_prompt_ms: "", least_answered_bps: "" },
    };
  }
  const d = t.drill;
  return {
    track_id: t.track_id ?? "", label_zh: t.label_zh, label_en: t.label_en,
    stages: (t.stages ?? []).map((s) => ({
      ...s, needs: (s.needs ?? []).map((n) => ({
        kind: n.kind, skill: n.skill ?? "", figure: n.figure ?? "csat", bound: n.at_most === undefined ? "at_least" : "at_most", limit: shown(n.at_least ?? n.at_most, unitOf(n.figure ?? "")),
        least_sample: num(n.least_sample), days: num(n.days), count: num(n.count), minutes: num(n.minutes),
      })),
    })),
    drill: {
      rubric: (d.rubric ?? []).map((r) => ({ ...r })), pass_points: d.pass_points, least_minutes: d.least_minutes,
      most_mistakes: num(d.most_mistakes), most_prompt_ms: shown(d.most_prompt_ms, 1000), least_answered_bps: shown(d.least_answered_bps, 100),
    },
  };
}

/** Leaves out what is not given: the server tells what is missing, and where. */
function told<T extends object>(x: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(x).filter(([, v]) => v !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

function needOf(n: NeedForm): Need {
  switch (n.kind) {
    case "skill": return { kind: n.kind, skill: n.skill };
    case "score": return told({ kind: n.kind, figure: n.figure, [n.bound]: kept(n.limit, unitOf(n.figure)), least_sample: given(n.least_sample), days: given(n.days) }) as Need;
    case "drills": return told({ kind: n.kind, count: given(n.count) }) as Need;
    default: return told({ kind: n.kind, count: given(n.count), minutes: given(n.minutes) }) as Need;
  }
}

/** What a form declares. */
export function trackOf(f: TrackForm): Track {
  const d = f.drill;
  return {
    label_zh: f.label_zh.trim(), label_en: f.label_en.trim(),
    stages: f.stages.map((s) => ({ stage: s.stage.trim(), label_zh: s.label_zh.trim(), label_en: s.label_en.trim(), role: s.role, needs: s.needs.map(needOf) })),
    drill: told({
      rubric: d.rubric.map((r) => ({ criterion: r.criterion.trim(), label_zh: r.label_zh.trim(), label_en: r.label_en.trim(), points: given(r.points) ?? 0 })),
      pass_points: given(d.pass_points) ?? 0, least_minutes: given(d.least_minutes) ?? 0,
      most_mistakes: given(d.most_mistakes), most_prompt_ms: kept(d.most_prompt_ms, 1000), least_answered_bps: kept(d.least_answered_bps, 100),
    }) as Track["drill"],
  };
}

/** Where a refused field stands, for people: `stages[1].needs[0].count` is the second stage, first requirement. */
export function placeOf(field: string): { stage?: number; need?: number; line?: number; name: string } {
  const [, stage] = /^stages\[(\d+)\]/.exec(field) ?? [];
  const [, need] = /needs\[(\d+)\]/.exec(field) ?? [];
  const [, line] = /^(?:items|drill\.rubric)\[(\d+)\]/.exec(field) ?? [];
  const at = (n: string | undefined) => (n === undefined ? undefined : Number(n) + 1);
  const name = field.split(".").pop()?.replace(/\[\d+\]$/, "") ?? field;
  return told({ stage: at(stage), need: at(need), line: at(line), name }) as { name: string };
}
