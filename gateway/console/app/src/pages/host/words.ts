import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: { title: "Host panel", short: "Host" },
  zh: { title: "主播台", short: "主播台" },
});
