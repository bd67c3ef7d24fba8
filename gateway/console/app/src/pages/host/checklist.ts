// The list of what has to be done before going live, as the server gives it.

export interface Check {
  key: string;
  done: boolean;
  text: string;
}

/** Reads the answer of GET /v1/shows/{id}/checklist; members that are not known are left out. */
export function checks(answer: unknown, language: "en" | "zh"): Check[] {
  const a = answer as { items?: unknown; checks?: unknown } | null;
  const list = a?.items ?? a?.checks;
  if (!Array.isArray(list)) return [];
  return list.flatMap((raw: unknown) => {
    const c = raw as Record<string, unknown>;
    const word = (...names: string[]) => names.map((n) => c[n]).find((v) => typeof v === "string") as string | undefined;
    const key = word("key", "item", "check", "kind", "id");
    if (key === undefined) return [];
    const done = [c["done"], c["ok"], c["passed"]].find((v) => typeof v === "boolean") ?? c["state"] === "done";
    return [{ key, done: done === true, text: word(`text_${language}`, `name_${language}`, `title_${language}`, "text", "name", "title", "detail", "message") ?? key }];
  });
}
