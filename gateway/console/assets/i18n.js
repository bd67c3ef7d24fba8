// The page's words. Both languages have the same keys; a test holds that.

export const WORDS = {
  en: {
    title: "Showrunner console", log_in: "Log in", log_out: "Log out", language: "中文", token: "Token",
    token_hint: "It stays in this tab. Make one with:", token_bad: "This is not a token.",
    token_refused: "The server does not accept this token. It may have ended.", token_role: "A viewer's token opens no panel.",
    rooms: "Rooms", rooms_none: "There is no room yet. POST /v1/rooms makes one.", rooms_back: "Rooms", loading: "Loading…",
    offline: "The server does not answer. Trying again…",
    conn_connecting: "connecting", conn_reconnecting: "connecting again", conn_waiting: "connection lost", conn_open: "connected", conn_refused: "disconnected",
    conn_refused_long: "The server ended the connection ({code}): {reason}",
    show_none: "no show", show_scheduled: "scheduled", show_live: "on air", show_paused: "paused", show_ended: "ended", show_settled: "settled", rehearsal: "rehearsal",
    start_show: "Start", pause_show: "Pause", resume_show: "Resume", end_show: "End", report: "Report",
    confirm_start_show: "Start the show? Viewers can order from now on.", confirm_pause_show: "Pause the show? Viewers stay; ordering waits.",
    confirm_resume_show: "Go on with the show?", confirm_end_show: "End the show? It cannot be started again.",
    confirm_mute: "Mute {name} for {minutes} minutes?", confirm_kick: "Send {name} out until the show ends?", cancel: "Cancel", confirm: "Confirm",
    figures: "Figures", online_now: "Online now", watch_uv: "Viewers", gmv_paid_minor: "GMV paid", gmv_net_minor: "GMV net", orders_paid: "Orders paid",
    product_ctr_exposure: "CTR", ctor: "CTOR",
    about_online_now: "persons active in the last 60 s", about_watch_uv: "distinct persons who entered", about_gmv_paid_minor: "paid, before refunds",
    about_gmv_net_minor: "paid less refunds and cancellations", about_orders_paid: "distinct orders", about_product_ctr_exposure: "product clicks ÷ exposures",
    about_ctor: "paid SKU orders ÷ product clicks",
    trust_none: "waiting for figures", trust_cut: "connection lost: figures of {time}", trust_stale: "no new figures for {seconds} s", trust_provisional: "provisional, {seconds} s behind",
    trust_settled: "complete as of {time}", missed: "{n} messages were skipped for this slow connection",
    dropped: "{n} from viewers not taken",
    chart_online: "Online by minute", chart_paid: "GMV paid by minute", chart_orders: "Orders paid by minute", chart_empty: "The curve begins after two minutes.",
    shelf: "Shelf", shelf_empty: "Nothing on the shelf.", pin: "Pin", unpin: "Unpin", pinned: "Pinned", left: "{n} left", release: "Release", release_qty: "Units of {title} to release", release_extend: "Release more than is allotted",
    comments: "Comments", comments_none: "No comment yet.", hide: "Hide", hidden: "hidden", restore: "Show again", kick: "Send out", mute: "Mute", muted: "muted", newest: "To the newest", question: "question",
    explain_start: "Explain", explain_end: "End explaining", explaining: "being explained", explained: "explained {n}×",
    control: "Controls", speech: "Who may write", mute_all: "Mute all viewers", comments_off: "Comments off", followers_only: "Followers only",
    slow_mode: "Seconds between two comments", set: "Set", keywords: "Blocked words", keyword: "Word", block: "Block", unblock: "Allow “{word}” again", keywords_none: "No word is blocked.",
    host: "Host", host_on: "On now: {host}", host_none: "Nobody is on.", host_to: "Hand over to", hand_over: "Hand over",
    coupons: "Coupons", batch: "Batch", task: "Task", task_none: "none", task_follow: "follow", task_watch_n: "watch", task_minutes: "Minutes to watch", window_minutes: "Ends after minutes (empty: with the last one)",
    drop: "Give out", stop: "Stop", coupon_runs: "{title}: {claimed} of {total} claimed", nothing_runs: "Nothing runs.", batches_none: "There is no batch. PUT /v1/coupons makes one.",
    packet: "Red packet", packet_total: "Sum, {currency}", packet_count: "Shares", countdown: "Countdown, seconds", packet_runs: "{total} in {count} shares, {claimed} taken", confirm_packet: "Give away {total} in {count} shares?",
    draw: "Lucky draw", prize: "Prize", prize_worth: "Worth of one, {currency}", winners: "Winners", draw_open: "Open", draw_now: "Draw", draw_cancel: "Call off", draw_reason: "Why it is called off",
    draw_runs: "{prize}: {entries} entries, {state}", draw_state_open: "open", draw_state_closed: "closed", confirm_draw: "Open a draw of {winners} × {prize}?", confirm_draw_cancel: "Call the draw off? Its seed is published.",
    not_money: "That is not an amount of {currency}.", sent: "Sent…",
    prompts: "Prompts", prompts_none: "No prompt yet.", prompt_send: "Prompt to the host", announce: "Announcement", announce_send: "Announce", announcement: "Announced", send: "Send",
    orders: "Orders", orders_none: "No order yet.", order: "Order", amount: "Amount", state: "State",
    order_unpaid: "unpaid", order_paid: "paid", order_cancelled: "cancelled", order_refunded: "refunded", order_part_refunded: "partly refunded", order_unknown: "facts incomplete",
    done: "Done.", said_no: "Refused: {message}", no_answer: "no answer in time; it may or may not have happened", closed: "the connection was closed",
    report_loading: "The report is being made…", report_login: "Log in to the console in this browser first.", report_failed: "The report cannot be had: {message}",
    skip: "Skip to the figures",
  },
  zh: {
    title: "Showrunner 控制台", log_in: "登录", log_out: "退出", language: "English", token: "令牌",
    token_hint: "只保存在本标签页。这样生成：", token_bad: "这不是有效的令牌。",
    token_refused: "服务器不接受此令牌，可能已过期。", token_role: "观众令牌不能打开控制台。",
    rooms: "直播间", rooms_none: "还没有直播间，用 POST /v1/rooms 创建。", rooms_back: "直播间", loading: "加载中…",
    offline: "服务器没有响应，正在重试…",
    conn_connecting: "连接中", conn_reconnecting: "重新连接中", conn_waiting: "连接已断开", conn_open: "已连接", conn_refused: "已断开",
    conn_refused_long: "服务器关闭了连接（{code}）：{reason}",
    show_none: "无场次", show_scheduled: "待开播", show_live: "直播中", show_paused: "已暂停", show_ended: "已结束", show_settled: "已结算", rehearsal: "彩排",
    start_show: "开播", pause_show: "暂停", resume_show: "继续", end_show: "结束", report: "复盘报告",
    confirm_start_show: "确定开播？观众随即可以下单。", confirm_pause_show: "确定暂停？观众保留，下单等待。",
    confirm_resume_show: "继续直播？", confirm_end_show: "确定结束？结束后不能再开播。",
    confirm_mute: "将 {name} 禁言 {minutes} 分钟？", confirm_kick: "将 {name} 移出直播间，直到本场结束？", cancel: "取消", confirm: "确定",
    figures: "实时数据", online_now: "实时在线", watch_uv: "观看人数", gmv_paid_minor: "支付 GMV", gmv_net_minor: "净 GMV", orders_paid: "支付订单数",
    product_ctr_exposure: "商品点击率", ctor: "点击成交率",
    about_online_now: "最近 60 秒活跃人数", about_watch_uv: "进入直播间的去重人数", about_gmv_paid_minor: "已支付，未扣退款",
    about_gmv_net_minor: "支付减退款和取消", about_orders_paid: "去重订单", about_product_ctr_exposure: "商品点击 ÷ 商品曝光",
    about_ctor: "支付商品订单 ÷ 商品点击",
    trust_none: "等待数据", trust_cut: "连接已断开，数据停在 {time}", trust_stale: "已 {seconds} 秒没有新数据", trust_provisional: "暂估，延迟 {seconds} 秒",
    trust_settled: "截至 {time} 完整", missed: "网络较慢，跳过了 {n} 条消息",
    dropped: "观众发送的 {n} 条未被接收",
    chart_online: "每分钟在线", chart_paid: "每分钟支付 GMV", chart_orders: "每分钟支付订单", chart_empty: "两分钟后出现曲线。",
    shelf: "货架", shelf_empty: "货架上没有商品。", pin: "置顶", unpin: "取消置顶", pinned: "已置顶", left: "剩 {n} 件", release: "放库存", release_qty: "{title} 放出的件数", release_extend: "超出本场分配的库存也放出",
    comments: "评论", comments_none: "还没有评论。", hide: "隐藏", hidden: "已隐藏", restore: "恢复", kick: "踢出", mute: "禁言", muted: "已禁言", newest: "回到最新", question: "提问",
    explain_start: "开始讲解", explain_end: "结束讲解", explaining: "正在讲解", explained: "已讲解 {n} 次",
    control: "场控", speech: "谁可以发言", mute_all: "全体禁言", comments_off: "关闭评论", followers_only: "仅粉丝可评论",
    slow_mode: "两条评论间隔秒数", set: "设置", keywords: "屏蔽词", keyword: "词语", block: "屏蔽", unblock: "取消屏蔽“{word}”", keywords_none: "没有屏蔽词。",
    host: "主播", host_on: "当前：{host}", host_none: "无人在播。", host_to: "交接给", hand_over: "交接",
    coupons: "优惠券", batch: "批次", task: "任务", task_none: "无", task_follow: "关注", task_watch_n: "观看", task_minutes: "观看分钟数", window_minutes: "几分钟后结束（空：领完为止）",
    drop: "发放", stop: "停止", coupon_runs: "{title}：已领 {claimed} / {total}", nothing_runs: "没有进行中的活动。", batches_none: "还没有批次，用 PUT /v1/coupons 创建。",
    packet: "红包", packet_total: "总金额（{currency}）", packet_count: "个数", countdown: "倒计时秒数", packet_runs: "{total}，共 {count} 个，已领 {claimed} 个", confirm_packet: "确定发放 {total}，共 {count} 个？",
    draw: "抽奖", prize: "奖品", prize_worth: "单份价值（{currency}）", winners: "中奖人数", draw_open: "开始", draw_now: "开奖", draw_cancel: "取消抽奖", draw_reason: "取消原因",
    draw_runs: "{prize}：{entries} 人参与，{state}", draw_state_open: "参与中", draw_state_closed: "已截止", confirm_draw: "确定发起抽奖：{winners} × {prize}？", confirm_draw_cancel: "确定取消抽奖？种子将公布。",
    not_money: "这不是 {currency} 的金额。", sent: "已发送…",
    prompts: "提词", prompts_none: "还没有提词。", prompt_send: "给主播的提词", announce: "公告", announce_send: "发布公告", announcement: "已公告", send: "发送",
    orders: "订单", orders_none: "还没有订单。", order: "订单", amount: "金额", state: "状态",
    order_unpaid: "待支付", order_paid: "已支付", order_cancelled: "已取消", order_refunded: "已退款", order_part_refunded: "部分退款", order_unknown: "事实不全",
    done: "完成。", said_no: "被拒绝：{message}", no_answer: "没有及时应答，可能已执行也可能没有", closed: "连接已关闭",
    report_loading: "正在生成报告…", report_login: "请先在此浏览器登录控制台。", report_failed: "无法取得报告：{message}",
    skip: "跳到数据",
  },
};

export const LOCALES = { en: "en-GB", zh: "zh-CN" };

// preferred is the language kept from last time, else the browser's.
export function preferred(kept, languages) {
  if (WORDS[kept]) return kept;
  return (languages || []).some((l) => l.toLowerCase().startsWith("zh")) ? "zh" : "en";
}

// say writes one text with its {names} filled in. A key that is not there is a
// mistake of ours and shows as itself.
export function say(language, key, values = {}) {
  const text = WORDS[language][key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
