import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({
  name: "deliveries", path: "deliveries", room: false, needs: "subscription.read", order: 37, words, load: () => import("./DeliveriesPage.vue"),
  icon: "M4 12h11m-4-5 5 5-5 5M18 5v14",
});
