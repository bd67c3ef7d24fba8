// Commands with a word on what became of them.

import { reactive } from "vue";
import { useWords } from "@/i18n/words";
import { Refused, useRoomSocket, type RoomSocket } from "@/room/useRoomSocket";
import { session } from "@/session/session";
import { words } from "@/shell/words";
import { toast } from "./toast";

/** Gives commands in the room of this page. `busy` names those under way, so that nobody presses twice. */
export function useCommand() {
  const room = useRoomSocket();
  const say = useWords(words);
  const busy = reactive(new Set<string>());
  /** True when it was done; a refusal is shown in the server's words. */
  const command = async (...[type, data]: Parameters<RoomSocket["command"]>): Promise<boolean> => {
    const key = `${type} ${JSON.stringify(data ?? {})}`;
    if (busy.has(key)) return false;
    busy.add(key);
    try {
      await room.command(type, data);
      return true;
    } catch (err) {
      if (!(err instanceof Refused)) throw err;
      toast(say.known(err.code, err.message), true);
      return false;
    } finally {
      busy.delete(key);
    }
  };
  return { command, busy, may: (name: string) => session.may(`command.${name}`) };
}
