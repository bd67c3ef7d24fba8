import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "complaints", path: "complaints", room: false, needs: "feedback.read", order: 42, words, load: () => import("./ComplaintsPage.vue"),
  icon: "M4 5h16v11H9l-5 4zM12 8v4m0 2v.01",
});
