import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "compare", path: "compare", room: false, needs: "report.read", order: 32, words, load: () => import("./ComparePage.vue"),
  icon: "M8 4v16M16 4v16M4 8h8M12 16h8",
});
