import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "rooms", path: "rooms", room: false, order: 90, words, load: () => import("./RoomsPage.vue"),
  icon: "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
});
