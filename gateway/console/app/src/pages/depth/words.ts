import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Room in depth", short: "In depth", full: "Big screen", leave: "Leave the big screen", no_show: "No show is on in this room. Its figures stand in the reports.", curve: "Minute by minute, with the commands", funnel: "Funnel",
    sources: "Where they come from", products: "Products", audience: "The last ten minutes", hosts: "Host shifts", ladder: "Moves on the ladder", alerts: "Alerts", no_alerts: "Nothing needs a hand.", take: "Take it up", taken: "Taken up by {who}",
    orders: "Orders as they come", no_orders: "No order yet.", orders_wait: "{n} new wait until you look elsewhere", why: "Why", prompts: "Prompts to the host", prompt: "What should the host know?", send: "Send", sent: "The host has it.", no_prompts: "Nothing was sent yet.", credited: "Who earned it",
    waiting: "The first figures are coming…", unattributed: "nobody", before: "before {n}", few: "Too few yet to compare with the ten minutes before.", some_few: "Without a change: too few to compare.", report: "Report", all: "The wall", no_take: "The alert cannot be taken up: {message}",
    inflow_fall: "Fewer people come than usual", conversion_fall: "Fewer people buy than usual", stock_out_ahead: "Stock of {subject} runs out", complaint_burst: "Many complaints in ten minutes", sla_breach: "Service keeps people waiting",
    refund: "Refund", refund_of: "Refund of {order}", refund_asked: "The buyer asks for the money:", refund_because: "The buyer asks for the money, for “{reason}”:", refund_none: "Nobody asks for the money of this order.", refund_reason: "Reason", refund_grant: "Give it back", refund_refuse: "Refuse", refunded: "Given back.", refund_refused: "Refused.",
  },
  zh: {
    title: "单场详情", short: "单场", full: "大屏模式", leave: "退出大屏", no_show: "该直播间目前没有场次，历史数据见战报。", curve: "每分钟走势与场控指令", funnel: "转化漏斗",
    sources: "来源渠道", products: "商品", audience: "最近十分钟", hosts: "主播班次", ladder: "层级变动", alerts: "预警", no_alerts: "一切正常。", take: "认领", taken: "{who} 已认领",
    orders: "实时订单", no_orders: "还没有订单。", orders_wait: "{n} 笔新订单，移开后显示", why: "归因", prompts: "给主播的提示", prompt: "要告诉主播什么？", send: "发送", sent: "主播已收到。", no_prompts: "还没有发送过提示。", credited: "归功于",
    waiting: "正在等待首批数据…", unattributed: "未归因", before: "此前 {n}", few: "样本太少，暂不与前十分钟比较。", some_few: "未标变化的指标样本太少。", report: "战报", all: "大屏", no_take: "无法认领：{message}",
    inflow_fall: "进房人数低于往常", conversion_fall: "转化低于往常", stock_out_ahead: "{subject} 即将售罄", complaint_burst: "十分钟内投诉激增", sla_breach: "客服超时",
    refund: "退款", refund_of: "订单 {order} 的退款", refund_asked: "买家申请退款：", refund_because: "买家申请退款，原因“{reason}”：", refund_none: "该订单没有退款申请。", refund_reason: "原因", refund_grant: "同意退款", refund_refuse: "拒绝", refunded: "已退款。", refund_refused: "已拒绝。",
  },
});
