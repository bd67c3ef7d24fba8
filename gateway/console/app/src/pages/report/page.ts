import { definePage } from "../registry";
import { words } from "./words";

export const page = definePage({ name: "report", path: "reports/:show", room: false, needs: "report.read", words, load: () => import("./ReportPage.vue") });
