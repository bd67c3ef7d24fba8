import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "wall", path: "wall", room: false, needs: "report.read", order: 20, words, load: () => import("./WallPage.vue"),
  icon: "M3 5h18v11H3zM8 20h8M12 16v4M7 12l3-3 2 2 5-4",
});
