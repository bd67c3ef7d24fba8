import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: { title: "Rooms", lead: "Choose the room you work in.", none: "There is no room yet. Make one with {request}.", loading: "Loading…", live: "On air", failed: "The rooms cannot be had: {message}", again: "Try again", hosts: "Hosts: {hosts}", more: "More rooms", which: "Which room?", go: "Enter" },
  zh: { title: "直播间", lead: "选择要进入的直播间。", none: "还没有直播间，请用 {request} 创建。", loading: "加载中…", live: "直播中", failed: "无法获取直播间：{message}", again: "重试", hosts: "主播：{hosts}", more: "更多直播间", which: "进入哪个直播间？", go: "进入" },
});
