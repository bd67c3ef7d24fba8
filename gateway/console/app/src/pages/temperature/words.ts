import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Temperature of service", short: "Temperature", days: "Days", last_7: "Last 7 days", last_30: "Last 30 days", last_90: "Last 90 days", by: "By", person: "Person", agent: "Agent", group: "Group", all: "All together", own: "You", items: "Each on its own",
    none: "Nobody was touched and nobody asked in this time.", range: "{from} – {to} · {rules} · as of {at}", version: "rules {v}", built_in: "built-in rules", incomplete: "Facts of this time are still coming in.", scale: "37° + {alpha} × too much − {beta} × not met; told from {least} touches and needs on. From 36.5° to 37.5° it is as it should be.",
    over: "Touched too much", over_lead: "Keeping touches back holds the guard: nobody can write to them until then.", unmet: "Needs that were not met", unmet_lead: "An agent asks them what they need.", silent: "Gone silent", silent_lead: "Silence is not satisfaction: no contact for {n} days, and longer than their own rhythm.",
    pause: "Keep back for {n} days", paused: "held back until {at}", did_pause: "Nothing is sent to them for {n} days.", assign: "Assign", assign_to: "Assign {person}", assigned: "{agent} has it.", agent_field: "Agent", note: "What to find out", due: "Until", nobody_over: "Nobody is touched too much.", nobody_unmet: "Every need was met.", nobody_silent: "Nobody has gone silent.",
    unassigned: "nobody", of: "{n} / {of}", pauses: "Held back now", end: "End it", ended: "They may be written to again.", why: "Reason", parts: "Both parts beside the number", degrees: "{n}°", too_few: "too few to say", last: "last: {what}, {at}", over_served: "served too much", request: "{n} days",
  },
  zh: {
    title: "服务温度", short: "温度", days: "时间", last_7: "近 7 天", last_30: "近 30 天", last_90: "近 90 天", by: "按", person: "用户", agent: "客服", group: "社群", all: "整体", own: "我的", items: "逐个查看",
    none: "这段时间没有触达，也没有咨询。", range: "{from} – {to} · {rules} · 截至 {at}", version: "规则 {v}", built_in: "内置规则", incomplete: "这段时间的数据仍在到达。", scale: "37° + {alpha} × 过剩 − {beta} × 未满足；至少 {least} 次触达与需求才给出。36.5° 到 37.5° 为合适。",
    over: "打扰过多", over_lead: "暂停触达由触达守卫执行：到期前谁都不能主动联系。", unmet: "需求未满足", unmet_lead: "由一位客服去了解需求。", silent: "沉默客户", silent_lead: "沉默不等于满意：{n} 天没有任何联系，且超过本人的节奏。",
    pause: "暂停 {n} 天", paused: "已暂停至 {at}", did_pause: "{n} 天内不再主动触达。", assign: "分派", assign_to: "分派 {person}", assigned: "已分派给 {agent}。", agent_field: "客服", note: "要了解什么", due: "期限", nobody_over: "没有人被过度打扰。", nobody_unmet: "需求都已满足。", nobody_silent: "没有沉默客户。",
    unassigned: "无人", of: "{n} / {of}", pauses: "暂停触达中", end: "提前结束", ended: "可以再次触达。", why: "原因", parts: "两部分与数值并列", degrees: "{n}°", too_few: "样本太少", last: "最近：{what}，{at}", over_served: "打扰过多", request: "{n} 天",
  },
});
