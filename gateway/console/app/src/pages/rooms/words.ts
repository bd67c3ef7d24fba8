import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: { title: "Rooms", lead: "Choose the room you work in.", none: "There is no room yet. A room stands for one account or place that you go live from, and is made once. Whoever connects your shop with Showrunner makes it; afterwards it is here.", how: "For whoever makes it", how_text: "A room has a title, a currency, a time zone and its hosts:", loading: "Loading…", live: "On air", failed: "The rooms cannot be had: {message}", again: "Try again", hosts: "Hosts: {hosts}", more: "More rooms", which: "Which room?", go: "Enter" },
  zh: { title: "直播间", lead: "选择要进入的直播间。", none: "还没有直播间。一个直播间对应一个开播账号或场地，只需创建一次，由负责系统对接的同事完成，之后会显示在这里。", how: "给负责对接的同事", how_text: "直播间需要名称、币种、时区和主播：", loading: "加载中…", live: "直播中", failed: "无法获取直播间：{message}", again: "重试", hosts: "主播：{hosts}", more: "更多直播间", which: "进入哪个直播间？", go: "进入" },
});
