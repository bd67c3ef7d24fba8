// What stands between a candidate and the next stage, in words that can be said.

import type { components } from "@/api/schema";

export type Candidate = components["schemas"]["IncubationCandidate"];
export type Check = components["schemas"]["IncubationCheck"];
export type Track = components["schemas"]["IncubationTrack"];
export type Skill = components["schemas"]["IncubationSkill"];
export type Drill = components["schemas"]["IncubationDrill"];
export type Shadow = components["schemas"]["IncubationShadow"];

export const LOOKS = { met: "good", not_met: "bad", sample_too_small: "warn" } as const;

/** A name of the merchant's in the language of the moment; the key where there is none. */
export function labelOf(x: { label_zh: string; label_en: string } | undefined, key: string, language: "en" | "zh"): string {
  return (language === "zh" ? x?.label_zh : x?.label_en) || key;
}

/** How far a requirement is: a share of what is asked for, in words of counts; undefined for what is proved or not. */
export function progress(c: Check): { have: number; of: number } | undefined {
  if (c.kind === "skill") return undefined;
  if (c.kind === "score") return { have: c.have, of: c.of ?? 0 };
  return { have: c.have, of: c.count ?? 0 };
}

/** How many of what the next stage asks for are met. */
export const met = (c: Candidate): { n: number; of: number } => ({ n: (c.checks ?? []).filter((x) => x.verdict === "met").length, of: (c.checks ?? []).length });

/** The most a drill can be marked with by a rubric. */
export const fullMarks = (t: Track | undefined): number => (t?.drill.rubric ?? []).reduce((sum, r) => sum + r.points, 0);
