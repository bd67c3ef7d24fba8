import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Shows compared", short: "Compare", choose: "Shows, the first one chosen is the one the others are held against", none: "No show has been on air yet.", two: "Choose two to {n} shows.", base: "base", find: "Find a figure", main: "Main figures", all: "All figures", figure: "Figure",
    download: "Files", as_of: "As of {at}", incomplete: "Some facts are still coming in.", final: "Final", provisional: "Provisional", difference: "{d} · ×{r}", table: "Figures side by side", nothing: "No figure is called so.", rehearsal: "rehearsal", chosen: "{n} of {most} chosen",
  },
  zh: {
    title: "场次对比", short: "对比", choose: "选择场次，最先选的作为基准", none: "还没有开过播的场次。", two: "请选择 2 至 {n} 场。", base: "基准", find: "查找指标", main: "主要指标", all: "全部指标", figure: "指标",
    download: "下载", as_of: "截至 {at}", incomplete: "仍有数据在到达。", final: "定稿", provisional: "暂定", difference: "{d} · ×{r}", table: "并列指标", nothing: "没有这样的指标。", rehearsal: "彩排", chosen: "已选 {n} / {most}",
  },
});
