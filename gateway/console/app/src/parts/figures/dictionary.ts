// The dictionary of metrics: what every figure is called and how it is made, in
// the server's own words (GET /v1/metrics). It is asked for once.

import { shallowRef } from "vue";
import { api } from "@/api/useApi";
import type { components } from "@/api/schema";
import { language, useWords } from "@/i18n/words";
import { words } from "./words";

export type Metric = components["schemas"]["Metric"];

const metrics = shallowRef<ReadonlyMap<string, Metric>>(new Map());
let asked: Promise<void> | undefined;

/** Loads the dictionary; a failure is tried again by the next page. */
export function loadMetrics(): Promise<void> {
  asked ??= api.get("/v1/metrics").then((found) => {
    metrics.value = new Map((found.items ?? []).map((m) => [m.key, m]));
  }).catch(() => { asked = undefined; });
  return asked;
}

/** What a figure is, undefined for a column that is none. */
export const metric = (key: string): Metric | undefined => metrics.value.get(key);

/** How a figure is made, in the language of the moment where the server knows it. */
export function formulaOf(key: string): string {
  const m = metric(key);
  return (language.value === "zh" ? m?.formula_zh : undefined) ?? m?.formula ?? "";
}

const say = useWords(words);

/** What a figure or a column is called; the key itself when nobody knows. `n` stands for the N of its name. */
export function nameOf(key: string, n?: number): string {
  const m = metric(key);
  if (!m) return say.known(`col_${key}`, key);
  const name = language.value === "zh" ? m.name_zh || m.name_en : m.name_en || m.name_zh;
  return capital(n === undefined ? name : name.replace(/\bN(?= days\b)|N(?=[日天])/, String(n)));
}

/** A name as it stands alone, whether the server begins it small or not. */
export const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** A word of the server, such as a stage, a state or a channel of two levels (private/group), in the language of the moment. */
export const wordOf = (word: string): string => say.known(`word_${word}`, /^[a-z_]+\/[a-z_]+$/.test(word) ? word.split("/").map((w) => say.known(`word_${w}`, w)).join(" / ") : word);
