import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "depth", path: "depth", room: true, socket: "panel", needs: "report.read", order: 21, words, load: () => import("./DepthPage.vue"),
  icon: "M4 19V5m0 14h16M8 15l3-4 3 2 5-7",
});
