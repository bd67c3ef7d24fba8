// One clock for the page: everything that counts down or ages reads it.

import { ref, type Ref } from "vue";

/** The time in ms, moved on four times a second while somebody looks. */
export const now: Ref<number> = ref(Date.now());

setInterval(() => { if (!document.hidden) now.value = Date.now(); }, 250);
document.addEventListener("visibilitychange", () => { now.value = Date.now(); });
