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
  /** What was answered; undefined when it was refused, which is shown in the server's words. */
  const give = async (...[type, data]: Parameters<RoomSocket["command"]>): Promise<Record<string, unknown> | undefined> => {
    const key = `${type} ${JSON.stringify(data ?? {})}`;
    if (busy.has(key)) return undefined;
    busy.add(key);
    try {
      return await room.command(type, data);
    } catch (err) {
      if (!(err instanceof Refused)) throw err;
      toast(say.known(err.code, err.message), true);
      return undefined;
    } finally {
      busy.delete(key);
    }
  };
  /** True when it was done. */
  const command = async (...given: Parameters<RoomSocket["command"]>): Promise<boolean> => (await give(...given)) !== undefined;
  return { command, give, busy, may: (name: string) => session.may(`command.${name}`) };
}
