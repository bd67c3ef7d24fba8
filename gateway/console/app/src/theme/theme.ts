// Dark or light. The page starts dark; what a person chose is kept.

import { ref, watchEffect } from "vue";

export type Theme = "dark" | "light";

const KEPT = "showrunner.theme";

export const theme = ref<Theme>(localStorage.getItem(KEPT) === "light" ? "light" : "dark");

watchEffect(() => { document.documentElement.dataset["theme"] = theme.value; });

export function paint(t: Theme): void {
  theme.value = t;
  localStorage.setItem(KEPT, t);
}
