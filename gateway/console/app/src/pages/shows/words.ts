import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Shows", short: "Shows", state: "State", all: "All", none: "There is no show yet.", more: "More shows", report: "Report", wall: "In depth", planned: "Planned", rehearsal: "Rehearsal", length: "{ms} long", list: "Shows",
    empty_state: "No show is in this state.",
  },
  zh: {
    title: "场次", short: "场次", state: "状态", all: "全部", none: "还没有场次。", more: "更多场次", report: "战报", wall: "详情", planned: "计划", rehearsal: "彩排", length: "时长 {ms}", list: "场次",
    empty_state: "没有该状态的场次。",
  },
});
