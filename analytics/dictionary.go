package analytics

// Metrics is the dictionary: every published figure with its names, its
// definition and its arithmetic. Panel, report and exports show these and no
// others. A tag such as "T16" names a source in docs; "own" is our decision.
var Metrics = []Metric{
	// Reach and watching.
	{
		"online_now", "实时在线", "online now", UnitPersons, "persons whose last entry or heartbeat is at most 60 s ago and who have not left since; 0 once the show is over", "W2, own", false,
		func(r *Reading) int64 { return r.Online }, nil,
	},
	{"room_exposure_pv", "直播间曝光次数", "room impressions", UnitCount, "times the room was shown to somebody (room_exposed)", "W2", false, traffic(func(t *Traffic) int64 { return t.RoomExposurePV }), nil},
	{"room_exposure_uv", "直播间曝光人数", "persons shown the room", UnitPersons, "distinct persons of room_exposed", "W2", false, traffic(func(t *Traffic) int64 { return t.RoomExposureUV }), nil},
	{"watch_pv", "观看人次", "views", UnitCount, "entries and heartbeats of a person; a gap of over 30 minutes begins a new view, a reconnect does not", "D1, W2, B1", false, watchPV, nil},
	{"watch_uv", "观看人数", "viewers", UnitPersons, "distinct persons who entered the room", "D1, W2", false, watchUV, nil},
	{"watch_uv_60s", "超1分钟观看人数", "viewers over 1 minute", UnitPersons, "persons with 60 s or more of visible watch time in all", "D1", false, traffic(func(t *Traffic) int64 { return t.WatchUV60s }), nil},
	{"watch_over_1m_rate", "观看转化率", "over-1-minute rate", UnitRatio, "watch_uv_60s / watch_uv", "D1", false, traffic(func(t *Traffic) int64 { return t.WatchUV60s }), watchUV},
	{"total_watch_time_ms", "累计观看时长", "total watch time", UnitMS, "visible watch time of all viewers, bounded by heartbeats and by the start and the end of the show", "V1, K1", false, traffic(func(t *Traffic) int64 { return t.WatchMS }), nil},
	{"avg_watch_time_ms", "人均观看时长", "average watch time", UnitMS, "total_watch_time_ms / watch_uv", "T16, V1, D1", false, traffic(func(t *Traffic) int64 { return t.WatchMS }), watchUV},
	{"pcu", "最高在线人数", "peak concurrent viewers", UnitPersons, "most persons active in one clock minute on air", "D1", false, traffic(func(t *Traffic) int64 { return t.PeakOnline }), nil},
	{
		"acu", "平均在线人数", "average concurrent viewers", UnitPersons, "persons active in each clock minute on air, summed / these clock minutes; never above pcu", "D6", false,
		traffic(func(t *Traffic) int64 { return t.OnlineMinutes }), traffic(func(t *Traffic) int64 { return t.ClockMinutes }),
	},
	{"enter_rate_pv", "曝光-观看率", "enter-room rate", UnitRatio, "watch_pv / room_exposure_pv", "T10, T11, D1", false, watchPV, traffic(func(t *Traffic) int64 { return t.RoomExposurePV })},
	{"bots_flagged", "剔除的机器人", "bots left out", UnitPersons, "persons flagged as bots, by rules or by an operator: what they did is in no figure about viewers, only in the raw ones; their orders and money count", "BOT, own", false, func(r *Reading) int64 { return r.Figures.Bots }, nil},

	// Interaction.
	{"comment_pv", "评论次数", "comments", UnitCount, "comments sent, also those hidden later", "D1, W2", false, traffic(func(t *Traffic) int64 { return t.CommentPV }), nil},
	{"comments_sent", "发送评论数", "comments sent", UnitCount, "comment_pv under the name that says so", "T19b, own", false, traffic(func(t *Traffic) int64 { return t.CommentPV }), nil},
	{"comments_shown", "展示评论数", "comments shown", UnitCount, "comments sent and not taken out of sight: neither hidden, nor of somebody muted, kicked or blocked later, unless restored since", "T19b, own", false, traffic(func(t *Traffic) int64 { return t.CommentShown }), nil},
	{"comment_uv", "评论人数", "commenters", UnitPersons, "distinct persons who commented", "D1, W2", false, traffic(func(t *Traffic) int64 { return t.CommentUV }), nil},
	{"comment_rate_uv", "评论率", "comment rate", UnitRatio, "comment_uv / watch_uv", "W1, D1", false, traffic(func(t *Traffic) int64 { return t.CommentUV }), watchUV},
	{"like_count", "点赞次数", "likes", UnitCount, "likes given, each batch with its count", "D1", false, traffic(func(t *Traffic) int64 { return t.LikeCount }), nil},
	{"like_uv", "点赞人数", "persons who liked", UnitPersons, "distinct persons who liked", "W1", false, traffic(func(t *Traffic) int64 { return t.LikeUV }), nil},
	{"like_rate_uv", "点赞率", "like rate", UnitRatio, "like_uv / watch_uv", "W1", false, traffic(func(t *Traffic) int64 { return t.LikeUV }), watchUV},
	{"share_pv", "分享次数", "shares", UnitCount, "times the room was shared", "D1, W2", false, traffic(func(t *Traffic) int64 { return t.SharePV }), nil},
	{"share_uv", "分享人数", "persons who shared", UnitPersons, "distinct persons who shared", "D1, W2", false, traffic(func(t *Traffic) int64 { return t.ShareUV }), nil},
	{"follow_gross", "关注次数", "follows, gross", UnitCount, "followed facts, not de-duplicated", "T16", false, traffic(func(t *Traffic) int64 { return t.FollowGross }), nil},
	{"follow_net", "净增粉丝", "new followers, net", UnitPersons, "persons whose last word was followed", "W2, own", false, traffic(func(t *Traffic) int64 { return t.FollowNet }), nil},
	{"follow_rate", "关注率", "follow rate", UnitRatio, "follow_net / watch_uv", "D1, own", false, traffic(func(t *Traffic) int64 { return t.FollowNet }), watchUV},
	{"gift_count", "礼物数", "gifts", UnitCount, "gifts given; of a streak only its end, with its count", "T22", false, traffic(func(t *Traffic) int64 { return t.GiftCount }), nil},
	{"gift_uv", "送礼人数", "persons who gave gifts", UnitPersons, "distinct persons who gave a gift", "T22", false, traffic(func(t *Traffic) int64 { return t.GiftUV }), nil},
	{"gift_value_minor", "礼物价值", "value of gifts", UnitMinor, "value of the gifts as the platform states it; no part of any GMV", "T22", true, traffic(func(t *Traffic) int64 { return t.GiftValue }), nil},
	{"interact_uv", "互动人数", "persons who interacted", UnitPersons, "distinct persons who commented, liked, shared or followed", "L1", false, traffic(func(t *Traffic) int64 { return t.InteractUV }), nil},
	{"interact_rate", "互动率", "interaction rate", UnitRatio, "interact_uv / watch_uv", "L1", false, traffic(func(t *Traffic) int64 { return t.InteractUV }), watchUV},

	// Products.
	{"product_exposure_pv", "商品曝光次数", "product impressions", UnitCount, "times a product was shown (card, list, bubble)", "T16, W2", false, traffic(func(t *Traffic) int64 { return t.ProductExposurePV }), nil},
	{"product_exposure_uv", "商品曝光人数", "persons shown a product", UnitPersons, "distinct persons of product_exposed", "T16, W2", false, traffic(func(t *Traffic) int64 { return t.ProductExposureUV }), nil},
	{"product_click_pv", "商品点击次数", "product clicks", UnitCount, "product_clicked facts", "T16, W2, D1", false, clickPV, nil},
	{"product_click_uv", "商品点击人数", "persons who clicked", UnitPersons, "distinct persons who clicked a product", "T16, W2, D1", false, clickUV, nil},
	{"product_ctr_exposure", "商品曝光-点击率", "click rate of impressions", UnitRatio, "product_click_pv / product_exposure_pv", "W2", false, clickPV, traffic(func(t *Traffic) int64 { return t.ProductExposurePV })},
	{"product_ctr_watch", "观看-商品点击率", "click rate of views", UnitRatio, "product_click_pv / watch_pv", "T16", false, clickPV, watchPV},
	{"cart_pv", "加购次数", "adds to cart", UnitCount, "cart_item_added facts", "W2", false, traffic(func(t *Traffic) int64 { return t.CartPV }), nil},
	{"cart_uv", "加购人数", "persons who added to cart", UnitPersons, "distinct persons of cart_item_added", "W2", false, traffic(func(t *Traffic) int64 { return t.CartUV }), nil},
	{"checkout_pv", "去结算次数", "checkouts", UnitCount, "checkout_started facts", "own", false, traffic(func(t *Traffic) int64 { return t.CheckoutPV }), nil},
	{"checkout_uv", "去结算人数", "persons who checked out", UnitPersons, "distinct persons of checkout_started", "own", false, traffic(func(t *Traffic) int64 { return t.CheckoutUV }), nil},

	// Orders.
	{"orders", "下单数", "orders", UnitCount, "orders created", "T15", false, orders, nil},
	{"orders_paid", "支付订单数", "paid orders", UnitCount, "orders paid, also those refunded or cancelled later", "T15", false, money(func(m *Money) int64 { return m.OrdersPaid }), nil},
	{"orders_cancelled", "取消订单数", "cancelled orders", UnitCount, "orders cancelled for any reason, time-out included", "W2", false, money(func(m *Money) int64 { return m.OrdersCancelled }), nil},
	{"orders_refunded", "退款订单数", "refunded orders", UnitCount, "orders refunded in part or in whole", "W2", false, money(func(m *Money) int64 { return m.OrdersRefunded }), nil},
	{"sku_orders", "SKU订单数", "SKU orders", UnitCount, "order lines created; an order of 3 SKUs is 3", "T15, D4", false, money(func(m *Money) int64 { return m.SKUOrders }), nil},
	{"sku_orders_paid", "SKU支付订单数", "paid SKU orders", UnitCount, "order lines paid", "T15, D4", false, skuPaid, nil},
	{"items_paid", "成交件数", "items paid", UnitCount, "units of paid lines", "T15", false, itemsPaid, nil},
	{"buyers", "成交人数", "buyers", UnitPersons, "distinct persons with a paid order", "W2", false, buyers, nil},
	{"order_uv", "下单人数", "persons who ordered", UnitPersons, "distinct persons with a created order", "D1", false, orderUV, nil},
	{"ctor", "点击-成交转化率", "click-to-order rate", UnitRatio, "sku_orders_paid / product_click_pv", "T16, T10", false, skuPaid, clickPV},
	{"create_per_click", "点击-下单率", "order per click", UnitRatio, "order_uv / product_click_uv", "D1", false, orderUV, clickUV},
	{"pay_per_create", "下单-支付率", "payment per order", UnitRatio, "buyers / order_uv", "D1", false, buyers, orderUV},
	{"view_to_pay", "看播成交率", "view-to-pay rate", UnitRatio, "buyers / watch_uv", "W2", false, buyers, watchUV},
	{
		"unpaid_rate", "下单未支付率", "unpaid rate", UnitRatio, "(orders - orders_paid) / orders", "S7, own", false,
		money(func(m *Money) int64 { return m.Orders - m.OrdersPaid }), orders,
	},

	// Money.
	{"gmv_created_minor", "下单金额", "GMV created", UnitMinor, "what buyers owe for all orders created: goods - discount - subsidy + shipping + tax", "T15, own", true, money(func(m *Money) int64 { return m.Created }), nil},
	{"gmv_paid_minor", "支付金额", "GMV paid", UnitMinor, "what buyers paid, shipping included, platform subsidy not, before refunds and cancellations", "T15", true, paid, nil},
	{"gmv_net_minor", "净成交金额", "GMV net", UnitMinor, "gmv_paid - refund - cancelled_paid", "own", true, money((*Money).Net), nil},
	{"refund_minor", "退款金额", "refunds", UnitMinor, "goods and shipping given back, by the time the refund succeeded", "T15, D4", true, money((*Money).Refunded), nil},
	{"refund_goods_minor", "退款金额(商品)", "refunds of goods", UnitMinor, "the goods part of refund, by the time the refund succeeded", "D4, own", true, money(func(m *Money) int64 { return m.RefundGoods }), nil},
	{"refund_shipping_minor", "退款金额(运费)", "refunds of shipping", UnitMinor, "the shipping part of refund, by the time the refund succeeded", "D4, own", true, money(func(m *Money) int64 { return m.RefundShipping }), nil},
	{"refund_by_pay_date_minor", "退款金额(按支付时间)", "refunds by pay date", UnitMinor, "refunds of orders that were paid while the show was on", "D4", true, money(func(m *Money) int64 { return m.RefundsOfPayDate }), nil},
	{"cancelled_paid_minor", "支付后取消金额", "cancelled after payment", UnitMinor, "paid money of orders cancelled later and not refunded so far", "W2, own", true, money(func(m *Money) int64 { return m.CancelledPaid }), nil},
	{"subsidy_minor", "平台补贴金额", "platform subsidy", UnitMinor, "subsidy of the platform on paid lines; not part of any GMV", "T25", true, money(func(m *Money) int64 { return m.Subsidy }), nil},
	{"aov_minor", "客单价", "paid per buyer", UnitMinor, "gmv_paid / buyers", "D6", true, paid, buyers},
	{"price_per_item_minor", "件单价", "paid per item", UnitMinor, "gmv_paid / items_paid", "T16", true, paid, itemsPaid},
	{
		"gpm_watch_minor", "千次观看成交金额", "GPM by views", UnitMinor, "gmv_paid x 1000 / watch_pv; the numerator carries the 1000", "T16, W2", true,
		money(func(m *Money) int64 { return m.Paid * 1000 }), watchPV,
	},
	{"uv_value_minor", "UV价值", "value per viewer", UnitMinor, "gmv_paid / watch_uv", "D11", true, paid, watchUV},
	{"revenue_per_minute_minor", "分钟产出", "revenue per minute", UnitMinor, "gmv_paid / minutes on air", "S2", true, paid, traffic(func(t *Traffic) int64 { return t.MinutesOnAir })},
	{
		"refund_rate_amount", "退款率(金额)", "refund rate by amount", UnitRatio, "refund_by_pay_date / gmv_paid, at most 1", "D4", true,
		money(func(m *Money) int64 { return min(m.RefundsOfPayDate, m.Paid) }), paid,
	},
	{
		"refund_rate_goods", "退款率(商品金额)", "refund rate of goods", UnitRatio, "the goods part of refund_by_pay_date, without shipping / gmv_paid, at most 1", "D4, own", true,
		money(func(m *Money) int64 { return min(m.GoodsOfPayDate, m.Paid) }), paid,
	},
	{
		"pre_ship_refund_rate", "发货前退款率", "refund rate before shipping", UnitRatio, "refunds that succeeded before the first shipment / gmv_paid", "D4", true,
		money(func(m *Money) int64 { return m.RefundPreShip }), paid,
	},
	{
		"post_ship_refund_rate", "发货后退款率", "refund rate after shipping", UnitRatio, "refunds that succeeded after the first shipment / gmv_paid", "D4", true,
		money(func(m *Money) int64 { return m.Refunded() - m.RefundPreShip }), paid,
	},
	{"gmv_settled_minor", "结算金额", "GMV settled", UnitMinor, "what platforms handed over, their subsidies included, at most what was paid and subsidised", "D1, own", true, settled, nil},
	{"settle_rate", "结算率", "settlement rate", UnitRatio, "gmv_settled / gmv_paid; above 1 where platforms settle subsidies too", "D1", true, settled, paid},
	{"deposit_minor", "预售定金", "presale deposits", UnitMinor, "money of presales that are not paid in full, forfeited deposits included; in no GMV", "D1, own", true, money(func(m *Money) int64 { return m.Deposit }), nil},
	{"balance_minor", "预售尾款", "presale balances", UnitMinor, "the part of gmv_paid that came as the balance of a presale, by the time the presale was paid in full", "D1, own", true, money(func(m *Money) int64 { return m.Balance }), nil},
	{"commission_accrued_minor", "佣金(计提)", "commission accrued", UnitMinor, "commission on the goods paid for, at the rate each order was placed at, by the time of payment", "own", true, money(func(m *Money) int64 { return m.CommissionAccrued }), nil},
	{"commission_reversed_minor", "佣金(冲回)", "commission reversed", UnitMinor, "commission taken back with refunds and cancellations, by their time", "own", true, money(func(m *Money) int64 { return m.CommissionReversed }), nil},
	{"commission_minor", "佣金", "commission", UnitMinor, "commission_accrued - commission_reversed: what is owed to whoever brought the buyers", "own", true, money((*Money).Commission), nil},
	{"cancel_rate_user", "取消率(用户)", "cancel rate, by the buyer", UnitRatio, "orders cancelled by the buyer / orders", "W2", false, money(func(m *Money) int64 { return m.CancelledUser }), orders},
	{"cancel_rate_timeout", "取消率(超时)", "cancel rate, timed out", UnitRatio, "orders cancelled for not being paid in time / orders", "W2", false, money(func(m *Money) int64 { return m.CancelledTimeout }), orders},
	{"cancel_rate_all_refunded", "取消率(全额退款)", "cancel rate, all refunded", UnitRatio, "orders cancelled because all was refunded / orders", "W2", false, money(func(m *Money) int64 { return m.CancelledAllRefunded }), orders},
	{"cancel_rate_oversold", "取消率(超卖)", "cancel rate, oversold", UnitRatio, "orders cancelled for want of stock / orders", "W2", false, money(func(m *Money) int64 { return m.CancelledOversold }), orders},
	{"cancel_rate_merchant", "取消率(商家)", "cancel rate, by the merchant", UnitRatio, "orders cancelled by the merchant / orders", "own", false, money(func(m *Money) int64 { return m.CancelledMerchant }), orders},
	{"cancel_rate_risk", "取消率(风控)", "cancel rate, for risk", UnitRatio, "orders cancelled by risk control / orders", "own", false, money(func(m *Money) int64 { return m.CancelledForRisk }), orders},

	// Benefits.
	{"coupon_drops", "发券次数", "coupon drops", UnitCount, "times a batch of coupons was opened to the room (coupon_dropped)", "W2, own", false, gift(func(b *Benefits) int64 { return b.CouponDrops }), nil},
	{"coupon_claimed", "领券数", "coupons claimed", UnitCount, "coupons viewers claimed here (coupon_claimed); what platforms tell of theirs is not in it", "W2, own", false, couponsClaimed, nil},
	{"coupon_claim_uv", "领券人数", "persons who claimed a coupon", UnitPersons, "distinct persons of coupon_claimed", "own", false, couponClaimUV, nil},
	{"coupon_claim_rate", "领券率", "coupon claim rate", UnitRatio, "coupon_claim_uv / watch_uv", "own", false, couponClaimUV, watchUV},
	{"coupon_redeemed", "核销券数", "coupons redeemed", UnitCount, "coupons of orders of the show that were paid, also those that came back later", "W2, own", false, gift(func(b *Benefits) int64 { return b.CouponsRedeemed }), nil},
	{"coupon_returned", "退回券数", "coupons returned", UnitCount, "coupons that came back from an order that was cancelled, expired or refunded in full, paid or not", "W2, own", false, gift(func(b *Benefits) int64 { return b.CouponsReturned }), nil},
	{"coupon_expired", "过期券数", "coupons expired", UnitCount, "claimed coupons whose time ran out unused (coupon_expired)", "W2", false, gift(func(b *Benefits) int64 { return b.CouponsExpired }), nil},
	{"coupon_voided", "作废券数", "coupons voided", UnitCount, "claimed coupons the merchant took back (coupon_voided)", "W2", false, gift(func(b *Benefits) int64 { return b.CouponsVoided }), nil},
	{
		"coupon_redemption_rate", "核销率", "coupon redemption rate", UnitRatio, "(coupon_redeemed - those of them that came back) / coupon_claimed; above 1 where coupons of another show are used", "own", false,
		gift(func(b *Benefits) int64 { return b.CouponsRedeemed - b.CouponsUnredeemed }), couponsClaimed,
	},
	{"coupon_orders", "用券支付订单数", "paid orders with a coupon", UnitCount, "orders paid with a coupon, also those refunded or cancelled later", "own", false, gifts(func(m *BenefitMoney) int64 { return m.CouponOrders }), nil},
	{"coupon_gmv_minor", "用券支付金额", "GMV with a coupon", UnitMinor, "what had been paid for the orders of coupon_orders when their coupon was redeemed", "own", true, gifts(func(m *BenefitMoney) int64 { return m.CouponGMV }), nil},
	{"coupon_discount_minor", "优惠券优惠金额", "coupon discount", UnitMinor, "what coupons took off the orders of coupon_orders, less that of coupons that came back from them", "own", true, gifts(func(m *BenefitMoney) int64 { return m.CouponDiscount }), nil},
	{"red_packet_shares", "红包领取数", "red packet shares taken", UnitCount, "shares of red packets that viewers took", "V2, own", false, gift(func(b *Benefits) int64 { return b.PacketShares }), nil},
	{"red_packet_uv", "红包领取人数", "persons who took a red packet", UnitPersons, "distinct persons of red_packet_claimed", "V2, own", false, traffic(func(t *Traffic) int64 { return t.PacketUV }), nil},
	{"red_packet_minor", "红包金额", "red packets given", UnitMinor, "sum of the shares that were taken", "V2, own", true, gifts(func(m *BenefitMoney) int64 { return m.PacketGiven }), nil},
	{"draw_entries", "抽奖参与次数", "draw entries", UnitCount, "entries in lucky draws, also in those that were cancelled", "T6, own", false, traffic(func(t *Traffic) int64 { return t.DrawEntries }), nil},
	{"draw_entry_uv", "抽奖参与人数", "persons in a draw", UnitPersons, "distinct persons of lucky_draw_entered", "T6, own", false, drawUV, nil},
	{"draw_entry_rate", "抽奖参与率", "draw entry rate", UnitRatio, "draw_entry_uv / watch_uv", "own", false, drawUV, watchUV},
	{"draw_winners", "中奖数", "draw winners", UnitCount, "prizes won in lucky draws", "T6", false, winners, nil},
	{"prize_claimed", "领奖数", "prizes claimed", UnitCount, "prizes their winners claimed in time", "T6", false, prizes, nil},
	{"prize_forfeited", "弃奖数", "prizes forfeited", UnitCount, "prizes not claimed within 48 hours", "T6", false, gift(func(b *Benefits) int64 { return b.PrizesForfeited }), nil},
	{"prize_claim_rate", "领奖率", "prize claim rate", UnitRatio, "prize_claimed / draw_winners", "own", false, prizes, winners},
}

func traffic(f func(*Traffic) int64) func(*Reading) int64 {
	return func(r *Reading) int64 { return f(&r.Figures.Traffic) }
}

func money(f func(*Money) int64) func(*Reading) int64 {
	return func(r *Reading) int64 { return f(&r.Money) }
}

func watchPV(r *Reading) int64   { return r.Figures.Traffic.WatchPV }
func watchUV(r *Reading) int64   { return r.Figures.Traffic.WatchUV }
func clickPV(r *Reading) int64   { return r.Figures.Traffic.ProductClickPV }
func clickUV(r *Reading) int64   { return r.Figures.Traffic.ProductClickUV }
func orders(r *Reading) int64    { return r.Money.Orders }
func buyers(r *Reading) int64    { return r.Money.Buyers }
func orderUV(r *Reading) int64   { return r.Money.OrderUV }
func skuPaid(r *Reading) int64   { return r.Money.SKUOrdersPaid }
func itemsPaid(r *Reading) int64 { return r.Money.ItemsPaid }
func paid(r *Reading) int64      { return r.Money.Paid }
func settled(r *Reading) int64   { return r.Money.Settled }

func gift(f func(*Benefits) int64) func(*Reading) int64 {
	return func(r *Reading) int64 { return f(&r.Figures.Benefits) }
}

func gifts(f func(*BenefitMoney) int64) func(*Reading) int64 {
	return func(r *Reading) int64 { return f(&r.Gifts) }
}

func couponsClaimed(r *Reading) int64 { return r.Figures.Benefits.CouponsClaimed }
func couponClaimUV(r *Reading) int64  { return r.Figures.Traffic.CouponClaimUV }
func drawUV(r *Reading) int64         { return r.Figures.Traffic.DrawEntryUV }
func winners(r *Reading) int64        { return r.Figures.Benefits.DrawWinners }
func prizes(r *Reading) int64         { return r.Figures.Benefits.PrizesClaimed }
