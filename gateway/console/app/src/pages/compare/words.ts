import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Side by side", short: "Compare", choose: "Shows, the first one chosen is the one the others are held against", none: "No show has been on air yet.", two: "Choose two to {n} shows.", base: "Base", make_base: "Set as base", points: "{n} pp", find: "Find a figure", main: "Main figures", all: "All figures", figure: "Figure",
    download: "Files", as_of: "As of {at}", incomplete: "Some facts are still coming in.", final: "Final", provisional: "Provisional", difference: "{d} · ×{r}", table: "Figures side by side", nothing: "No figure is called so.", no_lines: "Nothing happened in these days. Choose others.", rehearsal: "Rehearsal", chosen: "{n} of {most} chosen",
    by: "What to compare", by_shows: "Shows", by_days: "Periods", from: "From", to: "To", against_from: "Against, from", against_to: "Against, to", room: "Room", all_rooms: "All rooms", periods: "Periods side by side", period: "Period", shows: "Shows behind it", change: "Change", interval: "95 % interval", interval_help: "Of the difference of two shares", outcome: "What it says",
    period_line: "{side}: {from} to {to} ({zone}), days: {days}, shows: {shows}", side_period: "Period", side_against: "Against", axis: "Told by", axis_moved: "When the money moved", axis_started: "When the show started",
    axis_moved_help: "What the order book has of these days: orders, payments and refunds of any show and of none, by when they happened.", axis_started_help: "All that the shows made which started on these days, whenever it happened: a refund of next week is here, too.",
    bridge: "From one to the other", bridge_help: "by the start of shows = by when it moved − of shows of other days − of no show + moved outside", by_moved: "By when it moved", other_shows: "− of shows of other days", no_show: "− of no show", moved_outside: "+ moved outside", by_started: "By the start of shows",
    outcome_rose: "Rose", outcome_fell: "Fell", outcome_no_change_shown: "No change shown", outcome_sample_too_small: "Too few to tell", outcome_no_interval: "—",
  },
  zh: {
    title: "对比", short: "对比", choose: "选择场次，最先选的作为基准", none: "还没有开过播的场次。", two: "请选择 2 至 {n} 场。", base: "基准", make_base: "设为基准", points: "{n} 个百分点", find: "查找指标", main: "主要指标", all: "全部指标", figure: "指标",
    download: "下载", as_of: "截至 {at}", incomplete: "仍有数据在到达。", final: "定稿", provisional: "暂定", difference: "{d} · ×{r}", table: "并列指标", nothing: "没有这样的指标。", no_lines: "这段时间没有数据，请选择其他日期。", rehearsal: "彩排", chosen: "已选 {n} / {most}",
    by: "对比方式", by_shows: "场次", by_days: "时段", from: "从", to: "至", against_from: "对比期，从", against_to: "对比期，至", room: "直播间", all_rooms: "全部直播间", periods: "时段对比", period: "时段", shows: "涉及场次", change: "变化", interval: "95% 区间", interval_help: "两个比率之差的区间", outcome: "结论",
    period_line: "{side}：{from} 至 {to}（{zone}），{days} 天，{shows} 场", side_period: "本期", side_against: "对比期", axis: "统计口径", axis_moved: "按资金变动时间", axis_started: "按开播时间",
    axis_moved_help: "这些天里订单账本的变动：下单、支付、退款，不论属于哪一场或不属于任何场次。", axis_started_help: "这些天开播的场次带来的全部结果，不论何时发生：下周的退款也计入。",
    bridge: "口径换算", bridge_help: "按开播时间 = 按资金变动时间 − 其他时段场次 − 不属于任何场次 + 时段外变动", by_moved: "按资金变动时间", other_shows: "− 其他时段场次", no_show: "− 不属于任何场次", moved_outside: "+ 时段外变动", by_started: "按开播时间",
    outcome_rose: "上升", outcome_fell: "下降", outcome_no_change_shown: "无显著变化", outcome_sample_too_small: "样本过小", outcome_no_interval: "—",
  },
});
