import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: {
    title: "Live room", short: "Watch", online: "{n} watching", off: "The show has not begun.", paused: "The host is back in a moment.", ended: "The show is over. Thank you for watching.", rehearsal: "Rehearsal",
    pinned: "On offer now", shelf: "All goods", buy: "Buy", left: "{n} left", sold_out: "Sold out", only: "Sale price {price}, {time} left", ordered: "Ordered: {total}. Pay within {time}.", waiting: "Tell me when it is back", in_line: "You are in line, {n} ahead.",
    talk: "Comments", say: "Say something", send: "Send", question: "As a question", nobody: "No comments since you came.", newest: "{n} new", like: "Like", follow: "Follow", followed: "You follow this room.", share: "Share", shared: "Counted as shared.",
    service: "Customer service", open_service: "Ask for service", service_hint: "What is it about?", human: "Talk to a person", you: "You", bot: "Assistant", agent: "Service", closed: "Closed. How was it?", stars: "{n} of 5", thanks: "Thank you.",
    coupon: "Coupon: {title}", claim: "Claim", claimed: "It is yours.", packet: "Red packet", opens: "opens in {time}", open: "Open", got: "You got {amount}.", draw: "Lucky draw: {prize}", enter: "Enter", entered: "You are in, number {n}.", announcement: "Notice",
    demo_shop: "Demo shop: payments are not real, no money moves.", checkout: "Checkout", held: "Held for you for {time}.", pay: "Pay {amount}", fail: "Let the payment fail", cancel_order: "Cancel the order", declined: "The payment failed ({n}). Try again, or cancel the order.",
    paid_now: "Paid.", cancelled_now: "Cancelled. The goods are back on the shelf.", refund_now: "Asked for. The merchant decides.", own: "Your orders", own_pay: "Pay", own_cancel: "Cancel", own_refund: "Ask for a refund", refund_asked: "Refund asked for", refund_refused: "Refund refused",
  },
  zh: {
    title: "直播间", short: "观看", online: "{n} 人在看", off: "直播还没开始。", paused: "主播马上回来。", ended: "直播已结束，感谢观看。", rehearsal: "彩排",
    pinned: "正在讲解", shelf: "全部商品", buy: "购买", left: "剩 {n} 件", sold_out: "已售罄", only: "秒杀价 {price}，剩 {time}", ordered: "已下单 {total}，请在 {time} 内支付。", waiting: "到货提醒", in_line: "已排队，前面还有 {n} 人。",
    talk: "评论", say: "说点什么", send: "发送", question: "作为提问", nobody: "你进入后还没有新评论，说点什么吧。", newest: "{n} 条新评论", like: "点赞", follow: "关注", followed: "已关注。", share: "分享", shared: "分享已记录。",
    service: "客服", open_service: "联系客服", service_hint: "想咨询什么？", human: "转人工", you: "你", bot: "助手", agent: "客服", closed: "会话已结束，请评价。", stars: "{n} 分（满分 5）", thanks: "感谢评价。",
    coupon: "优惠券：{title}", claim: "领取", claimed: "已领取。", packet: "红包", opens: "{time} 后开启", open: "拆开", got: "你抢到 {amount}。", draw: "福袋：{prize}", enter: "参与", entered: "已参与，第 {n} 位。", announcement: "公告",
    demo_shop: "演示商城：支付为模拟，不产生真实扣款。", checkout: "收银台", held: "为你保留 {time}。", pay: "支付 {amount}", fail: "模拟支付失败", cancel_order: "取消订单", declined: "支付失败（{n} 次）。请重试或取消订单。",
    paid_now: "支付成功。", cancelled_now: "订单已取消，商品已返还货架。", refund_now: "已申请退款，等待商家处理。", own: "我的订单", own_pay: "去支付", own_cancel: "取消订单", own_refund: "申请退款", refund_asked: "退款申请中", refund_refused: "退款被拒绝",
  },
});
