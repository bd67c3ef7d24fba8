// Words of the console, in two languages. Each page and part keeps its own in
// words.ts beside it; a test holds both languages of each to the same keys.

import { computed, ref, type ComputedRef } from "vue";

/** The languages there are; the first is what a browser of neither gets. */
export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

/** How each language is named to the browser, to Intl and to screen readers. */
export const LOCALES: Record<Language, string> = { en: "en", zh: "zh-CN" };

const KEPT = "showrunner.language";

/** What a person chose before, else what their browser prefers. */
export function preferred(kept: string | null, wanted: readonly string[]): Language {
  for (const w of [kept, ...wanted]) {
    const found = LANGUAGES.find((l) => w?.toLowerCase().split("-")[0] === l);
    if (found) return found;
  }
  return LANGUAGES[0];
}

export const language = ref<Language>(preferred(localStorage.getItem(KEPT), navigator.languages));
export const locale: ComputedRef<string> = computed(() => LOCALES[language.value]);

/** Speaks another language from now on, also after a reload. */
export function speak(l: Language): void {
  language.value = l;
  localStorage.setItem(KEPT, l);
}

/** A dictionary: English names the keys, Chinese must have the same. */
export interface Words<K extends string> {
  en: Record<K, string>;
  zh: Record<K, string>;
}

/** Declares the words of a page. */
export function defineWords<const E extends Record<string, string>>(w: { en: E; zh: Record<keyof E & string, string> }): Words<keyof E & string> {
  return w as Words<keyof E & string>;
}

/** What a word may be filled with. */
export type Values = Record<string, string | number>;

/** Fills `{name}` in a text; what is not given stays, so that it is seen. */
export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

export interface Say<K extends string> {
  (key: K, values?: Values): string;
  /** The word of a key the server gave, or `otherwise`: a newer server may know more. */
  known: (key: string, otherwise: string, values?: Values) => string;
}

/** Gives the function that says the words of a dictionary in the language of the moment. */
export function useWords<K extends string>(words: Words<K>): Say<K> {
  const say = ((key: K, values?: Values) => fill(words[language.value][key], values)) as Say<K>;
  say.known = (key, otherwise, values) => {
    const all: Record<string, string> = words[language.value];
    return Object.hasOwn(all, key) ? fill(all[key] ?? otherwise, values) : otherwise;
  };
  return say;
}
