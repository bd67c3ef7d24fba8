// Short words on what became of something. They are read aloud, and stay long
// enough to be read; refusals stay longer.

import { reactive } from "vue";

export interface Toast {
  n: number;
  text: string;
  bad: boolean;
}

export const toasts = reactive<Toast[]>([]);
let last = 0;

/** Says something for some seconds. */
export function toast(text: string, bad = false): void {
  const n = ++last;
  toasts.push({ n, text, bad });
  if (toasts.length > 4) toasts.shift();
  setTimeout(() => {
    const i = toasts.findIndex((t) => t.n === n);
    if (i >= 0) toasts.splice(i, 1);
  }, bad ? 9_000 : 3_000);
}
