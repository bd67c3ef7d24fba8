import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "shows", path: "shows", room: false, needs: "report.read", order: 30, words, load: () => import("./ShowsPage.vue"),
  icon: "M4 6h16v12H4zM10 9.5v5l4.5-2.5zM8 21h8",
});
