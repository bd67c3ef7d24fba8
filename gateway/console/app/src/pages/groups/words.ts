import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: { title: "Groups", short: "Groups", board: "All groups", sales: "What groups sold", agents: "Agents in their groups", survival: "How long groups live", none: "There is no group yet.", as_of: "As of {at}", alarms: "{n} groups need a hand", curve: "Groups alive by month", days: "Net sales of the last {d} days, within {w} days after a touch in the group", no_sales: "No order of these days came after a touch in a group.", no_agents: "No group has an agent yet.", no_curve: "No group is a month old yet: from then on it is counted here." },
  zh: { title: "社群", short: "社群", board: "全部社群", sales: "社群成交", agents: "客服与社群", survival: "社群存活", none: "还没有社群。", as_of: "截至 {at}", alarms: "{n} 个社群需要关注", curve: "按月存活", days: "近 {d} 天的净成交，群内触点后 {w} 天内", no_sales: "这些天没有群内触点之后的成交。", no_agents: "还没有客服负责社群。", no_curve: "还没有社群满一个月，满月后计入此处。" },
});
