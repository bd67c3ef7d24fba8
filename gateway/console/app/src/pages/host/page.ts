import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "host", path: "host", room: true, socket: "panel", needs: "room.panel", order: 10, words, load: () => import("./HostPage.vue"),
  icon: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3M6 11a6 6 0 0 0 12 0M12 17v4M8 21h8",
});
