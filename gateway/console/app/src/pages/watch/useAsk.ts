// What a viewer asks of the room, with the server's words when it says no.

import { useWords } from "@/i18n/words";
import { toast } from "@/parts/toast";
import { Refused } from "@/room/useRoomSocket";
import { words as shell } from "@/shell/words";

/** Waits for an answer; undefined when it was refused, which is then said. */
export function useAsk() {
  const say = useWords(shell);
  return async <T>(asked: Promise<T>): Promise<T | undefined> => {
    try {
      return await asked;
    } catch (err) {
      if (!(err instanceof Refused)) throw err;
      toast(say.known(err.code, err.message), true);
      return undefined;
    }
  };
}
