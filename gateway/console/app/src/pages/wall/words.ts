import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Operator wall", short: "Wall", none: "No show is on air right now.", on_air: "On air", alerts: "Alerts", open: "In depth", full: "Big screen", leave: "Leave the big screen", updated: "Updated {at}",
    since: "on air {ms}", behind: "figures are {ms} old", old: "Figures are not coming: {message}", rooms: "Rooms on air", falling: "{name} {change} in ten minutes", rising: "{name} {change} in ten minutes", steady: "Nothing needs a hand", paid: "Paid",
    inflow_fall: "Fewer people come", conversion_fall: "Fewer people buy", stock_out_ahead: "Stock of {subject} runs out", complaint_burst: "Many complaints", sla_breach: "Service keeps people waiting", waiting: "Figures are coming",
    too_many: "The {n} shows that need a hand most are drawn.",
  },
  zh: {
    title: "运营大屏", short: "大屏", none: "目前没有正在直播的场次。", on_air: "直播中", alerts: "预警", open: "详情", full: "大屏模式", leave: "退出大屏", updated: "更新于 {at}",
    since: "已播 {ms}", behind: "数据滞后 {ms}", old: "数据中断：{message}", rooms: "在播直播间", falling: "{name} 十分钟内 {change}", rising: "{name} 十分钟内 {change}", steady: "一切正常", paid: "支付",
    inflow_fall: "进房人数下降", conversion_fall: "转化下降", stock_out_ahead: "{subject} 即将售罄", complaint_burst: "投诉激增", sla_breach: "客服超时", waiting: "等待数据",
    too_many: "仅显示最需关注的 {n} 场。",
  },
});
