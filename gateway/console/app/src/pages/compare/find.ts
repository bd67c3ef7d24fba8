// Choosing among many figures: the main ones, all, or those called so.

import { computed, ref, type ComputedRef, type Ref } from "vue";
import { nameOf } from "@/parts/figures/dictionary";
import { HEADLINE } from "../report/report";

export interface Found<L> {
  text: Ref<string>;
  main: Ref<boolean>;
  shown: ComputedRef<readonly L[]>;
}

/** What is shown of lines; the main figures come in the order in which a report has them. */
export function useFind<L extends { key: string }>(lines: () => readonly L[]): Found<L> {
  const text = ref("");
  const main = ref(true);
  const shown = computed(() => {
    const wanted = text.value.trim().toLowerCase();
    if (wanted) return lines().filter((l) => l.key.includes(wanted) || nameOf(l.key).toLowerCase().includes(wanted));
    return main.value ? lines().filter((l) => HEADLINE.includes(l.key)).sort((a, b) => HEADLINE.indexOf(a.key) - HEADLINE.indexOf(b.key)) : lines();
  });
  return { text, main, shown };
}
