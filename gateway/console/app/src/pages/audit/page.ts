import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "audit", path: "audit", room: false, needs: "audit.read", order: 36, words, load: () => import("./AuditPage.vue"),
  icon: "M6 3h9l4 4v14H6zM9 9h6M9 13h6M9 17h4",
});
