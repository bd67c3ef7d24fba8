import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Ladder & cohorts", short: "Ladder", range: "Period", last_30: "Last 30 days", last_90: "Last 90 days", last_365: "Last year", within: "Within", days: "{n} days", by: "Cohorts by", none: "All together", show: "First show", channel: "First channel", agent: "First agent",
    rungs: "Who stands where", moves: "Moves between rungs", helped: "What came before the moves up", cohorts: "How each cohort climbs", incentive: "Came by an incentive, or not", empty: "Nobody stands on the ladder yet.", left_out: "{n} smaller cohorts are not listed.",
    help_class: "Last touch", help_show: "Show", help_agent: "Agent", nobody: "Nobody", nothing: "None", rate: "Took the step", median: "Median time", p90: "90th percentile of the time", held: "Stayed", still: "Still open", version: "rules {v}", built_in: "built-in rules", fresh: "New", came: "How they came", rule: "{from} – {to} · {rules} · as of {at}", step: "Step", retention: "Who comes back", act: "Back means", view: "came to a show", order: "bought again", period: "Cohorts of a", day: "day", week: "week", month: "month",
    grid: "Share that came back, by cohort", cohort: "Cohort", more: "{n} cohorts are not listed; they are in the total.", all: "Together", no_cohort: "Nobody began in this time.", shows: "Back in one of the next {n} shows", segments: "Buyers by recency, frequency and money", place: "{people} people on the rung {rung}", of: "{back} of {all}",
    champions: "Champions", loyal: "Loyal", potential_loyalists: "May become loyal", new: "New", promising: "Promising", need_attention: "Need attention", about_to_sleep: "About to sleep", cannot_lose: "Must not be lost", at_risk: "At risk", hibernating: "Asleep", of_service: "Service", of_show: "Show", of_offer: "Offer", of_referral: "Referral", of_group: "Group", of_other: "Without an incentive", of_incentive: "By an incentive", segment: "Segment",
  },
  zh: {
    title: "客户阶梯与留存", short: "阶梯", range: "时间", last_30: "近 30 天", last_90: "近 90 天", last_365: "近一年", within: "期限", days: "{n} 天", by: "分组", none: "不分组", show: "首场直播", channel: "首个渠道", agent: "首位客服",
    rungs: "各层级人数", moves: "层级变动", helped: "升级前的最后一步", cohorts: "各组的升级情况", incentive: "激励入会与自然入会", empty: "阶梯上还没有人。", left_out: "另有 {n} 个较小的分组未列出。",
    help_class: "最后触点", help_show: "场次", help_agent: "客服", nobody: "无", nothing: "无", rate: "升级率", median: "用时中位数", p90: "用时九成位", held: "保持人数", still: "观察中", version: "规则 {v}", built_in: "内置规则", fresh: "新进", came: "来的方式", rule: "{from} – {to} · {rules} · 截至 {at}", step: "步骤", retention: "留存与复购", act: "回来指", view: "再次进房", order: "再次购买", period: "按", day: "日", week: "周", month: "月",
    grid: "各组回来的比例", cohort: "分组", more: "另有 {n} 组未列出，已计入合计。", all: "合计", no_cohort: "这段时间没有新开始的人。", shows: "在后 {n} 场中回来的观众", segments: "客户分层（最近、频次、金额）", place: "{rung}层级 {people} 人", of: "{all} 人中 {back} 人",
    champions: "重要价值", loyal: "忠诚", potential_loyalists: "潜在忠诚", new: "新客", promising: "有潜力", need_attention: "需要关注", about_to_sleep: "即将沉睡", cannot_lose: "不能流失", at_risk: "有流失风险", hibernating: "沉睡", of_service: "客服", of_show: "直播", of_offer: "优惠", of_referral: "推荐", of_group: "社群", of_other: "自然入会", of_incentive: "激励入会", segment: "分层",
  },
});
