import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "ladder", path: "ladder", room: false, needs: "ladder.read", order: 34, words, load: () => import("./LadderPage.vue"),
  icon: "M4 20h4v-4h4v-4h4V8h4V4",
});
