// Why the assistant passed a session on, in words.

import { useWords } from "@/i18n/words";
import type { Session } from "./desk";
import { words } from "./words";

/** The reason of a session that came from the assistant, "" of any other. */
export function useHandedOver(): (s: Session) => string {
  const say = useWords(words);
  return ({ handed_over: why }) => (why ? say("handed_over", { why: say(why === "no_answer" ? "no_answer_bot" : why === "agent" ? "by_agent" : why) }) : "");
}
