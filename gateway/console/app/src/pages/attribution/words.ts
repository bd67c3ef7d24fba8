import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Attribution", short: "Credit", model: "Model", by: "By", window: "Window", days_1: "1 day", days_7: "7 days", days_30: "30 days", range: "Orders paid", last_7: "Last 7 days", last_30: "Last 30 days", last_90: "Last 90 days",
    stage: "Stage", channel: "Channel", agent: "Agent", group: "Group", show: "Show", host: "Host", campaign: "Campaign", entry: "Service entry", referrer: "Referrer", none: "No order was paid in this time.",
    earned: "Who earned it", compared: "The same by every model", compare: "Compare models", comparing: "Models are compared…", by_stage: "By stage", chart: "Credit by {by}", orders: "Orders explained", explain: "Explain", find: "Number of an order",
    find_label: "Explain an order", total: "Credited", unattributed: "To nobody", count: "Orders", new_customers: "New customers", nobody: "nobody", provisional: "Provisional: touches may still come in late.", rule: "Touch rules: {rule}, as of {at}", built_in: "built in",
    additive: "By this model an order counts for each that took part: the credits are more than was paid.",
  },
  zh: {
    title: "归因分析", short: "归因", model: "模型", by: "维度", window: "窗口", days_1: "1 天", days_7: "7 天", days_30: "30 天", range: "支付时间", last_7: "近 7 天", last_30: "近 30 天", last_90: "近 90 天",
    stage: "环节", channel: "渠道", agent: "客服", group: "社群", show: "场次", host: "主播", campaign: "活动", entry: "服务入口", referrer: "推荐人", none: "这段时间没有支付的订单。",
    earned: "归功于", compared: "各模型对比", compare: "模型对比", comparing: "正在对比模型…", by_stage: "按环节", chart: "按{by}的归因金额", orders: "订单解释", explain: "解释", find: "订单号",
    find_label: "解释一个订单", total: "已归因", unattributed: "未归因", count: "订单数", new_customers: "新客", nobody: "无", provisional: "暂定：触点可能迟到。", rule: "触点规则：{rule}，截至 {at}", built_in: "内置",
    additive: "该模型中每个参与者都计全额：总和大于支付额。",
  },
});
