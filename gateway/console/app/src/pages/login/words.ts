import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Log in", lead: "Run the room, see what it earns, serve who bought.", token: "Token", enter: "Log in", checking: "Checking…",
    how: "A token comes from your administrator, or from the command below. It stays in this tab and is gone when you close it.",
    malformed: "That is no token.", ended: "The token has ended. Get a new one.", refused: "The server does not take this token.",
    unreachable: "The server cannot be reached.", language: "中文", way: "Log in with {name}",
    merchant: "Merchant's id", company: "Log in with your company's account", no_way: "This merchant has no login service here.",
    not_finished: "The login did not finish. Please try again.", login_expired: "This login was used already or took too long. Please log in again.",
    login_other_browser: "This login was begun in another browser, or cookies are off.", rate_limited: "Too many requests. Please wait a moment.",
  },
  zh: {
    title: "登录", lead: "开播、看数、服务每一位买家。", token: "登录凭证", enter: "登录", checking: "验证中…",
    how: "凭证由管理员发放，或用下面的命令生成。它只保存在本标签页，关闭即清除。",
    malformed: "这不是有效的凭证。", ended: "凭证已到期，请获取新的。", refused: "服务器不接受该凭证。",
    unreachable: "无法连接服务器。", language: "EN", way: "用 {name} 登录",
    merchant: "商家编号", company: "用公司账号登录", no_way: "该商家没有配置登录服务。",
    not_finished: "登录未完成，请重试。", login_expired: "这次登录已用过或超时，请重新登录。",
    login_other_browser: "这次登录不是在当前浏览器开始的，或浏览器禁用了 Cookie。", rate_limited: "请求太频繁，请稍后再试。",
  },
});
