import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({ name: "denied", path: "denied", room: false, words, load: () => import("./DeniedPage.vue") });
