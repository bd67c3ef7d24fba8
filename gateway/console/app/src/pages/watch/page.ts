import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "watch", path: "watch", room: true, socket: "viewer", needs: "fact.state", roles: ["viewer"], order: 10, words, load: () => import("./WatchPage.vue"),
  icon: "M3 5h18v11H3zM8 20h8M10 8.5v4l4-2z",
});
