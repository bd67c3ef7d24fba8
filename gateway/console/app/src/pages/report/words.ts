import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Post-show report", short: "Report", back: "All shows", as_of: "As of {at}", as_of_field: "As of", now: "Now", final: "Final", final_long: "These figures are final.", provisional: "Provisional", provisional_long: "The figures may still move, until {at}.",
    provisional_open: "The show is not over: the figures still move.", incomplete: "Not every fact that was received is in yet.", download: "Download", sections: "Sections",
    overview: "Overview", metrics: "All figures", funnel: "Funnel", products: "Products", sources: "Channels", hosts: "Host shifts", ladder: "Moves on the ladder", commission: "Commission", groups_fed: "Groups fed",
    service_assisted: "Service", service_sessions: "Service sessions", temperature: "Temperature of service", alerts: "Alerts", worst: "Against own shows", benchmarks: "Figure", this_show: "This show", median: "Median", percentile: "Better than or level with", target: "Target", against_target: "target {value}", against_median: "own median {value}", none_worst: "Nothing fell behind.", alert_kind: "Alert", complaints: "Complaints", keywords: "Words of complaints", next_brief: "For the next brief", attribution: "Attribution", days: "By day", timeline: "By minute", late: "After the show", after_final: "Corrections after the final figures",
    commands: "Commands", by_currency: "By currency", only: "of {currency}; other currencies below", model: "Model", by_channel: "By channel", by_stage: "By stage", unattributed: "Unattributed", rehearsal: "A rehearsal: none of this counts anywhere else.", curve: "Orders and viewers by minute, with the commands", printed: "As a page",
    search: "Find a figure", no_match: "No figure is called so.", window: "Touches of the last {time} before the payment", total: "Total",
  },
  zh: {
    title: "播后战报", short: "战报", back: "全部场次", as_of: "截至 {at}", as_of_field: "截至", now: "现在", final: "定稿", final_long: "数据已定稿。", provisional: "暂定", provisional_long: "数据在 {at} 之前仍可能变动。",
    provisional_open: "直播尚未结束，数据仍会变动。", incomplete: "尚有已收到的事实未计入。", download: "下载", sections: "章节",
    overview: "概览", metrics: "全部指标", funnel: "转化漏斗", products: "商品", sources: "来源渠道", hosts: "主播班次", ladder: "层级变动", commission: "佣金", groups_fed: "引流社群",
    service_assisted: "服务助攻", service_sessions: "客服会话", temperature: "服务温度", alerts: "预警", worst: "对比自己的场次", benchmarks: "指标", this_show: "本场", median: "中位数", percentile: "不低于自己的场次", target: "目标", against_target: "目标 {value}", against_median: "自己的中位数 {value}", none_worst: "没有明显落后的指标。", alert_kind: "预警", complaints: "投诉原因", keywords: "投诉关键词", next_brief: "下一场简报", attribution: "归因", days: "按自然日", timeline: "每分钟", late: "播后累计", after_final: "定稿后更正",
    commands: "场控指令", by_currency: "按币种", only: "仅 {currency}，其他币种见下", model: "模型", by_channel: "按渠道", by_stage: "按环节", unattributed: "未归因", rehearsal: "这是彩排：不计入任何其他数据。", curve: "每分钟订单与在线，以及场控指令", printed: "网页版",
    search: "查找指标", no_match: "没有叫这个名字的指标。", window: "支付前 {time}内的触点", total: "合计",
  },
});
