import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  // An admin's token names no merchant, and a desk is one merchant's.
  name: "desk", path: "desk", room: false, needs: "service.serve", roles: ["merchant", "operator", "host", "moderator", "agent"], order: 40, words, load: () => import("./DeskPage.vue"),
  icon: "M4 13v-1a8 8 0 0 1 16 0v1M4 13h3v6H5a1 1 0 0 1-1-1zM20 13h-3v6h2a1 1 0 0 0 1-1zM18 19c0 1.5-2 2-5 2",
});
