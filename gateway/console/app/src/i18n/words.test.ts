import { expect, it } from "vitest";
import { language, fill, preferred, useWords, defineWords, type Words } from "./words";

const all = import.meta.glob<{ words: Words<string> }>("../**/words.ts", { eager: true });
const dictionaries = Object.entries(all).filter(([path]) => path !== "./words.ts");
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

it("finds the dictionaries", () => {
  expect(dictionaries.length).toBeGreaterThanOrEqual(5);
});

it.each(dictionaries)("%s says the same in both languages", (_, { words }) => {
  expect(Object.keys(words.zh).sort()).toEqual(Object.keys(words.en).sort());
  for (const [key, text] of Object.entries(words.en)) {
    expect(text, key).not.toBe("");
    expect(words.zh[key], key).not.toBe("");
    // What is filled in is the same, or a value would be lost in one language.
    expect(holes(words.zh[key] ?? ""), key).toEqual(holes(text));
  }
});

it.each(dictionaries)("%s is written in the language it is under", (_, { words }) => {
  const han = /\p{Script=Han}/u;
  for (const [key, text] of Object.entries(words.en)) {
    if (key !== "language") expect(han.test(text), `${key}: ${text}`).toBe(false);
  }
  // Names and signs are the same in both; words are not.
  const untranslated = Object.entries(words.zh).filter(([key, text]) => key !== "language" && !han.test(text) && /[a-z]{4,}/.test(text.replace(/\{\w+\}/g, "")));
  expect(untranslated).toEqual([]);
});

it("prefers what was chosen, then what the browser wants", () => {
  expect(preferred("zh", ["en"])).toBe("zh");
  expect(preferred(null, ["fr", "zh-TW", "en"])).toBe("zh");
  expect(preferred("xx", ["fr"])).toBe("en");
});

it("fills texts and shows what is missing", () => {
  expect(fill("{n} of {m}", { n: 3 })).toBe("3 of {m}");
  const say = useWords(defineWords({ en: { a: "one {n}" }, zh: { a: "一 {n}" } }));
  language.value = "zh";
  expect(say("a", { n: 1 })).toBe("一 1");
  expect(say.known("b", "other")).toBe("other");
  expect(say.known("toString", "other")).toBe("other");
});
