import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Audit log", short: "Audit", show: "Show, or its ID", filter: "Only this show", every: "All shows", none: "Nothing was done yet.", more: "Earlier", list: "What was done, by whom", refused: "Refused: {code}",
    col_at: "Time", col_action: "Action", col_who: "By whom", col_show: "Show", col_detail: "Details",
    d_format: "File", d_as_of: "As of", d_attribution: "Model", d_by: "By", d_comparison: "Shows", d_from: "From", d_to: "To", d_against_from: "Against, from", d_against_to: "Against, to", d_time_zone: "Time zone", d_room_id: "Room", d_show_id: "Show",
    d_product_id: "Product", d_sku_id: "SKU", d_qty: "Quantity", d_extend: "Adds to the stock", d_price_minor: "Price", d_total_minor: "Total", d_prize_minor: "Prize", d_prize: "Prize", d_winners: "Winners", d_count: "How many", d_countdown_s: "Countdown, s", d_duration_s: "Lasts, s", d_stock: "Stock", d_rank: "Place", d_title: "Title", d_text: "Text",
    d_reason: "Reason", d_comment_id: "Comment", d_viewer_id: "Viewer", d_keyword: "Word", d_host_id: "Host", d_batch_id: "Coupon", d_currency: "Currency", d_kind: "Kind", d_off_minor: "Off", d_off_bps: "Off, in 1/100 %", d_cap_minor: "At most", d_threshold_minor: "From an order of", d_total: "Total", d_per_person: "A person",
    d_agent_id: "Agent", d_personas: "Takes", d_capacity: "At once", d_answers: "Answers", d_version: "Version", d_group_id: "Group", d_person_id: "Person", d_state: "State", d_order_id: "Order", d_complaint_id: "Complaint", d_cause: "Cause", d_finding_id: "Finding", d_item_id: "Check", d_note: "Note", d_subscription_id: "Subscription", d_schedule_id: "Schedule", d_report: "Report", d_alert_id: "Alert", d_sessions: "Sessions", d_people: "People", d_issuer: "Logged in by", d_rows: "Rows", d_upload_id: "Upload", d_source: "Source", d_connector: "Connector",
  },
  zh: {
    title: "审计日志", short: "审计", show: "场次名称或编号", filter: "仅该场次", every: "全部场次", none: "暂无操作记录。", more: "更早", list: "谁做了什么", refused: "被拒绝：{code}",
    col_at: "时间", col_action: "操作", col_who: "操作人", col_show: "场次", col_detail: "详情",
    d_format: "文件", d_as_of: "截至", d_attribution: "模型", d_by: "维度", d_comparison: "场次", d_from: "从", d_to: "至", d_against_from: "对比期，从", d_against_to: "对比期，至", d_time_zone: "时区", d_room_id: "直播间", d_show_id: "场次",
    d_product_id: "商品", d_sku_id: "规格", d_qty: "数量", d_extend: "追加库存", d_price_minor: "价格", d_total_minor: "总额", d_prize_minor: "奖品价值", d_prize: "奖品", d_winners: "中奖人数", d_count: "个数", d_countdown_s: "倒计时（秒）", d_duration_s: "时长（秒）", d_stock: "库存", d_rank: "位置", d_title: "标题", d_text: "内容",
    d_reason: "原因", d_comment_id: "评论", d_viewer_id: "观众", d_keyword: "词语", d_host_id: "主播", d_batch_id: "优惠券", d_currency: "币种", d_kind: "类型", d_off_minor: "减免", d_off_bps: "折扣（万分比）", d_cap_minor: "最高", d_threshold_minor: "满额", d_total: "总数", d_per_person: "每人",
    d_agent_id: "客服", d_personas: "接待类型", d_capacity: "接待上限", d_answers: "话术数", d_version: "版本", d_group_id: "社群", d_person_id: "用户", d_state: "状态", d_order_id: "订单", d_complaint_id: "投诉", d_cause: "原因", d_finding_id: "反馈", d_item_id: "检查项", d_note: "备注", d_subscription_id: "订阅", d_schedule_id: "定时", d_report: "报表", d_alert_id: "预警", d_sessions: "会话数", d_people: "人数", d_issuer: "登录方", d_rows: "行数", d_upload_id: "上传", d_source: "来源", d_connector: "接入器",
  },
});
