import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "attribution", path: "attribution", room: false, needs: "report.read", order: 31, words, load: () => import("./AttributionPage.vue"),
  icon: "M5 19V9m7 10V5m7 14v-7M3 19h18",
});
