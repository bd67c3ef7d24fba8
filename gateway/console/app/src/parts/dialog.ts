// Questions that must be answered before something is done.

import { shallowRef } from "vue";

export interface Question {
  title: string;
  text?: string;
  /** The word on the button that does it. */
  yes: string;
  danger?: boolean;
  answer: (yes: boolean) => void;
}

export const question = shallowRef<Question | null>(null);

/** Asks and tells the answer; a question that another one pushes away is a no. */
export function confirm(q: Omit<Question, "answer">): Promise<boolean> {
  question.value?.answer(false);
  return new Promise((resolve) => {
    question.value = { ...q, answer: (yes) => { question.value = null; resolve(yes); } };
  });
}
