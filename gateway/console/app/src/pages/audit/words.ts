import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: { title: "Audit log", short: "Audit", show: "Number of a show", filter: "Only this show", none: "Nothing was done yet.", more: "Earlier", list: "What was done, by whom" },
  zh: { title: "审计日志", short: "审计", show: "场次编号", filter: "仅该场次", none: "暂无操作记录。", more: "更早", list: "谁做了什么" },
});
