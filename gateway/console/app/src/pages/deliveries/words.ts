import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Webhooks and reports", short: "Webhooks", subscriptions: "Who is sent what", none: "Nothing is sent anywhere yet.", new: "New subscription", edit_of: "Subscription", url: "Address, https", description: "What it is for", which: "What is sent",
    g_orders: "Orders, payments and refunds", g_shows: "Shows", g_shelf: "Shelf, stock and flash sales", g_commissions: "Commissions", g_reports: "Reports by schedule", save: "Save", n_types: "{n} kinds of facts", failures: "{n} attempts in a row failed",
    s_active: "active", s_paused: "paused", s_waiting: "left alone until {at}", s_gone: "stopped: the endpoint is gone", pause: "Pause", resume: "Resume", paused: "Paused. What happens meanwhile is not sent later.", resumed: "Active again.",
    rotate: "New secret", rotate_text: "For a day each webhook is signed with both.", remove: "Remove", remove_text: "Remove {url} with all that waits for it, its schedules too?", removed: "Removed.",
    secret: "The secret", secret_once: "It is shown now and never again. Keep it where your endpoint finds it.", copy: "Copy", copied: "Copied.", kept: "I have kept it",
    deliveries: "What was sent", state: "State", all: "All", pending: "waiting", delivered: "delivered", dead: "given up", no_deliveries: "Nothing was sent in this state.", replay: "Send again", replayed: "It is due again.", more: "Earlier",
    replay_dead: "Send all given up again", replay_text: "All that was given up in the last 30 days is sent again, under the same names.", replay_n: "{n} are due again.", attempts: "{n} attempts", next: "next {at}", answer: "answered {status}", show: "What was sent",
    e_status: "refused", e_gone: "gone", e_redirect: "redirected", e_timeout: "no answer in time", e_address_not_allowed: "address not allowed", e_name_not_found: "name not found", e_tls: "no trust (TLS)", e_connection: "no connection", e_secret: "no secret", e_expired: "too old",
    schedules: "Reports by schedule", no_schedules: "No report is sent by itself.", new_schedule: "New schedule", need_one: "First make a subscription for reports by schedule.", to: "Sent to", report: "Report", r_show: "After each show", r_daily: "Each day", r_weekly: "Each week", moments: "When",
    t0: "at the end", t1: "after 1 day", t7: "after 7 days", t30: "after 30 days, final", format: "Form", lang: "Language", zone: "Time zone", made: "It is sent from now on.", stop: "Stop", stop_text: "Send this report no longer?", stopped: "It is sent no longer.",
    runs: "What was due", no_runs: "Nothing was due yet.", due: "due {at}", run_made: "made", run_waits: "not made yet", bytes: "{n} bytes",
  },
  zh: {
    title: "推送与定时报表", short: "推送", subscriptions: "推送订阅", none: "还没有任何推送。", new: "新建订阅", edit_of: "订阅", url: "地址（https）", description: "用途", which: "推送内容",
    g_orders: "订单、支付与退款", g_shows: "场次", g_shelf: "货架、库存与秒杀", g_commissions: "佣金", g_reports: "定时报表", save: "保存", n_types: "{n} 类事实", failures: "连续失败 {n} 次",
    s_active: "生效中", s_paused: "已暂停", s_waiting: "暂缓至 {at}", s_gone: "已停止：对方地址已失效", pause: "暂停", resume: "恢复", paused: "已暂停，期间发生的不会补发。", resumed: "已恢复。",
    rotate: "更换密钥", rotate_text: "一天之内，推送会同时带新旧两个签名。", remove: "删除", remove_text: "删除 {url}，连同等待中的推送和定时报表？", removed: "已删除。",
    secret: "密钥", secret_once: "仅此一次显示，请立即保存到接收端。", copy: "复制", copied: "已复制。", kept: "我已保存",
    deliveries: "推送明细", state: "状态", all: "全部", pending: "等待中", delivered: "已送达", dead: "已放弃", no_deliveries: "没有该状态的推送。", replay: "重新发送", replayed: "已重新排队。", more: "更早",
    replay_dead: "重发全部已放弃", replay_text: "最近 30 天内已放弃的推送将以原编号全部重发。", replay_n: "{n} 条已重新排队。", attempts: "尝试 {n} 次", next: "下次 {at}", answer: "返回 {status}", show: "推送记录",
    e_status: "被拒绝", e_gone: "地址失效", e_redirect: "被重定向", e_timeout: "超时未答", e_address_not_allowed: "地址不允许", e_name_not_found: "域名不存在", e_tls: "证书不可信", e_connection: "无法连接", e_secret: "缺少密钥", e_expired: "已过期",
    schedules: "定时报表", no_schedules: "没有自动发送的报表。", new_schedule: "新建定时", need_one: "请先新建一个“定时报表”订阅。", to: "发往", report: "报表", r_show: "每场之后", r_daily: "每日", r_weekly: "每周", moments: "时点",
    t0: "下播时", t1: "1 天后", t7: "7 天后", t30: "30 天后（定稿）", format: "格式", lang: "语言", zone: "时区", made: "从现在起自动发送。", stop: "停止", stop_text: "不再发送这份报表？", stopped: "已停止发送。",
    runs: "到期记录", no_runs: "还没有到期的报表。", due: "{at} 到期", run_made: "已生成", run_waits: "尚未生成", bytes: "{n} 字节",
  },
});
