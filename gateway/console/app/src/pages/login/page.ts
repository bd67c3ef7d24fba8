import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({ name: "login", path: "login", room: false, words, load: () => import("./LoginPage.vue") });
