import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "incubation", path: "incubation", room: false, needs: "incubation.read", order: 44, words, load: () => import("./IncubationPage.vue"),
  icon: "M12 21v-8m0 0c0-4 3-6 7-6 0 4-3 6-7 6zm0 0c0-3-2-5-6-5 0 3 2 5 6 5z",
});
