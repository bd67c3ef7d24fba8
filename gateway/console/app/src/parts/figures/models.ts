import { defineWords } from "@/i18n/words";

/** Models that divide one order by itself; the others need the crowd. */
export type Rule = (typeof RULES)[number];
const RULES = ["first", "last", "last_non_direct", "linear", "position", "time_decay"] as const;
export const isRule = (model: string): model is Rule => (RULES as readonly string[]).includes(model);

export const models = defineWords({
  en: { title: "Models", first: "First touch", last: "Last touch", last_non_direct: "Last non-direct", linear: "Linear", position: "Position 40/20/40", time_decay: "Time decay", markov: "Markov", shapley: "Shapley", participation: "Participation" },
  zh: { title: "模型", first: "首次触点", last: "末次触点", last_non_direct: "末次非直接", linear: "线性", position: "首末加权", time_decay: "时间衰减", markov: "马尔可夫", shapley: "夏普利值", participation: "参与度" },
});
