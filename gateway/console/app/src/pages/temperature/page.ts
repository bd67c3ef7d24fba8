import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "temperature", path: "temperature", room: false, needs: "touch.read", order: 41, words, load: () => import("./TemperaturePage.vue"),
  icon: "M10 14V5a2 2 0 1 1 4 0v9a4 4 0 1 1-4 0M12 9v8",
});
