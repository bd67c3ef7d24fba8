import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "groups", path: "groups", room: false, needs: "groups.read", order: 33, words, load: () => import("./GroupsPage.vue"),
  icon: "M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M3 19a6 6 0 0 1 12 0M16 5.5a3 3 0 0 1 0 5.5M17 13.5a6 6 0 0 1 4 5.5",
});
