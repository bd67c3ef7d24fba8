package analytics

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

// publishedKeys are the names that clients rely on: a change here breaks them.
const publishedKeys = `bots_flagged comments_sent comments_shown gift_count gift_uv gift_value_minor online_now room_exposure_pv room_exposure_uv watch_pv watch_uv watch_uv_60s total_watch_time_ms avg_watch_time_ms pcu acu
comment_pv comment_uv comment_rate_uv like_count like_uv like_rate_uv share_pv share_uv follow_gross follow_net follow_rate interact_uv interact_rate
product_exposure_pv product_exposure_uv product_click_pv product_click_uv product_ctr_exposure product_ctr_watch cart_pv cart_uv checkout_pv checkout_uv
orders orders_paid orders_cancelled orders_refunded sku_orders sku_orders_paid items_paid buyers order_uv
gmv_created_minor gmv_paid_minor gmv_net_minor refund_minor refund_goods_minor refund_shipping_minor refund_by_pay_date_minor cancelled_paid_minor subsidy_minor aov_minor price_per_item_minor
gpm_watch_minor uv_value_minor ctor create_per_click pay_per_create view_to_pay unpaid_rate refund_rate_amount enter_rate_pv revenue_per_minute_minor watch_over_1m_rate
refund_rate_goods pre_ship_refund_rate post_ship_refund_rate gmv_settled_minor settle_rate deposit_minor balance_minor commission_accrued_minor commission_reversed_minor commission_minor
cancel_rate_user cancel_rate_timeout cancel_rate_all_refunded cancel_rate_oversold cancel_rate_merchant cancel_rate_risk
coupon_drops coupon_claimed coupon_claim_uv coupon_claim_rate coupon_redeemed coupon_returned coupon_expired coupon_voided coupon_redemption_rate
coupon_orders coupon_gmv_minor coupon_discount_minor red_packet_shares red_packet_uv red_packet_minor
draw_entries draw_entry_uv draw_entry_rate draw_winners prize_claimed prize_forfeited prize_claim_rate`

func TestDictionary(t *testing.T) {
	want := strings.Fields(publishedKeys)
	var got []string
	for i := range Metrics {
		m := &Metrics[i]
		got = append(got, m.Key)
		if m.ZH == "" || m.EN == "" || m.Formula == "" || m.Source == "" || m.Num == nil {
			t.Errorf("%s is not defined in full", m.Key)
		}
		if found, ok := Lookup(m.Key); !ok || found != m {
			t.Errorf("%s stands twice", m.Key)
		}
		if strings.HasSuffix(m.Key, "_minor") != (m.Unit == UnitMinor) {
			t.Errorf("%s has unit %s", m.Key, m.Unit)
		}
		if m.Unit == UnitMinor && !m.Money {
			t.Errorf("%s is money and does not say so", m.Key)
		}
		if m.Unit == UnitRatio && !m.IsRate() {
			t.Errorf("%s is a ratio of nothing", m.Key)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("metrics (-published +got):\n%s", d)
	}
}

// figures are made up, every counter different, so that a swapped one shows.
func figures() Figures {
	return Figures{
		Show: "s1", AsOf: t0,
		Traffic: Traffic{
			RoomExposurePV: 2000, RoomExposureUV: 1500, WatchPV: 1000, WatchUV: 800, WatchUV60s: 400, WatchMS: 96_000_000,
			PeakOnline: 300, OnlineMinutes: 9_000, ClockMinutes: 61, MinutesOnAir: 60, CommentPV: 70, CommentUV: 40, LikeCount: 5_000, LikeUV: 200,
			SharePV: 12, ShareUV: 10, FollowGross: 33, FollowNet: 30, InteractUV: 240,
			ProductExposurePV: 3_000, ProductExposureUV: 700, ProductClickPV: 600, ProductClickUV: 320, CartPV: 150, CartUV: 120, CheckoutPV: 110, CheckoutUV: 100,
			CommentShown: 65, GiftCount: 21, GiftUV: 7, GiftValue: 4_200, CouponClaimUV: 85, PacketUV: 29, DrawEntries: 61, DrawEntryUV: 59,
		},
		Raw: Traffic{WatchUV: 850, WatchPV: 1_100}, Bots: 50,
		Shifts: []Shift{
			{ID: "h1", Host: "ann", From: t0, Money: []ShiftMoney{{"CNY", 50, 600_000}, {"USD", 1, 500}}}, {Money: []ShiftMoney{{"CNY", 30, 400_000}}},
		},
		Money: []Money{
			{
				Currency: "CNY", Orders: 100, OrdersPaid: 80, OrdersCancelled: 15, OrdersRefunded: 5, SKUOrders: 130, SKUOrdersPaid: 104, ItemsCreated: 200, ItemsPaid: 160,
				Buyers: 64, OrderUV: 90, Created: 1_250_000, Paid: 1_000_000, Subsidy: 7_000, RefundGoods: 40_000, RefundShipping: 1_000, CancelledPaid: 9_000, RefundsOfPayDate: 30_000,
				MoneyLife: MoneyLife{
					GoodsOfPayDate: 29_000, CancelledUser: 1, CancelledTimeout: 2, CancelledAllRefunded: 3, CancelledOversold: 4, CancelledMerchant: 6, CancelledForRisk: 7,
					Settled: 900_000, Deposit: 3_300, Balance: 120_000, CommissionAccrued: 50_000, CommissionReversed: 5_000, RefundPreShip: 11_000,
				},
			},
			{Currency: "USD", Orders: 1, OrdersPaid: 1, Buyers: 1, OrderUV: 1, Created: 500, Paid: 500},
		},
		Ladder: []RungFlow{{"passerby", "fan", 12}, {"customer", "fan", 3}},
		Earned: []Earned{{"ann", "CNY", 9, 33_000, 1_000}},
		Benefits: Benefits{
			CouponDrops: 2, CouponsClaimed: 90, CouponsRedeemed: 50, CouponsReturned: 14, CouponsUnredeemed: 9, CouponsExpired: 21, CouponsVoided: 13,
			PacketShares: 31, DrawWinners: 8, PrizesClaimed: 5, PrizesForfeited: 3,
			Money: []BenefitMoney{
				{Currency: "CNY", CouponOrders: 49, CouponGMV: 450_000, CouponDiscount: 41_500, PacketGiven: 8_888},
				{Currency: "USD", CouponOrders: 1, CouponGMV: 500, CouponDiscount: 100, PacketGiven: 7},
			},
		},
	}
}

func TestMetricsOfKnownFigures(t *testing.T) {
	f := figures()
	vs := Read(&f, "CNY", 123).Values(true)
	for key, want := range map[string]Rate{
		"online_now": {123, 0}, "watch_pv": {1000, 0}, "gmv_net_minor": {950_000, 0}, "refund_minor": {41_000, 0}, "total_watch_time_ms": {96_000_000, 0},
		"avg_watch_time_ms": {96_000_000, 800}, "acu": {9_000, 61}, "enter_rate_pv": {1000, 2000}, "watch_over_1m_rate": {400, 800},
		"comment_rate_uv": {40, 800}, "like_rate_uv": {200, 800}, "follow_rate": {30, 800}, "interact_rate": {240, 800},
		"product_ctr_exposure": {600, 3000}, "product_ctr_watch": {600, 1000}, "ctor": {104, 600}, "create_per_click": {90, 320},
		"pay_per_create": {64, 90}, "view_to_pay": {64, 800}, "unpaid_rate": {20, 100}, "aov_minor": {1_000_000, 64}, "price_per_item_minor": {1_000_000, 160},
		"gpm_watch_minor": {1_000_000_000, 1000}, "uv_value_minor": {1_000_000, 800}, "revenue_per_minute_minor": {1_000_000, 60}, "refund_rate_amount": {30_000, 1_000_000},
		"refund_rate_goods": {29_000, 1_000_000}, "pre_ship_refund_rate": {11_000, 1_000_000}, "post_ship_refund_rate": {30_000, 1_000_000},
		"gmv_settled_minor": {900_000, 0}, "settle_rate": {900_000, 1_000_000}, "deposit_minor": {3_300, 0}, "commission_minor": {45_000, 0},
		"balance_minor": {120_000, 0}, "commission_accrued_minor": {50_000, 0}, "commission_reversed_minor": {5_000, 0},
		"refund_goods_minor": {40_000, 0}, "refund_shipping_minor": {1_000, 0},
		"comments_sent": {70, 0}, "comments_shown": {65, 0}, "gift_count": {21, 0}, "gift_uv": {7, 0}, "gift_value_minor": {4_200, 0}, "bots_flagged": {50, 0},
		"cancel_rate_user": {1, 100}, "cancel_rate_timeout": {2, 100}, "cancel_rate_all_refunded": {3, 100}, "cancel_rate_oversold": {4, 100},
		"cancel_rate_merchant": {6, 100}, "cancel_rate_risk": {7, 100},
		"coupon_drops": {2, 0}, "coupon_claimed": {90, 0}, "coupon_claim_uv": {85, 0}, "coupon_claim_rate": {85, 800}, "coupon_redeemed": {50, 0}, "coupon_returned": {14, 0},
		"coupon_expired": {21, 0}, "coupon_voided": {13, 0}, "coupon_redemption_rate": {41, 90}, "coupon_orders": {49, 0}, "coupon_gmv_minor": {450_000, 0},
		"coupon_discount_minor": {41_500, 0}, "red_packet_shares": {31, 0}, "red_packet_uv": {29, 0}, "red_packet_minor": {8_888, 0},
		"draw_entries": {61, 0}, "draw_entry_uv": {59, 0}, "draw_entry_rate": {59, 800}, "draw_winners": {8, 0},
		"prize_claimed": {5, 0}, "prize_forfeited": {3, 0}, "prize_claim_rate": {5, 8},
	} {
		v, ok := vs.Get(key)
		if !ok || (Rate{v.Num, v.Den}) != want {
			t.Errorf("%s = %d / %d, want %d / %d", key, v.Num, v.Den, want.Num, want.Den)
		}
	}
	for _, key := range []string{"gmv_paid_minor", "buyers", "orders"} {
		v, _ := Read(&f, "JPY", 0).Values(true).Get(key)
		if v.Num != 0 {
			t.Errorf("%s in a currency without orders is %d", key, v.Num)
		}
	}
}

func TestRateJSON(t *testing.T) {
	for _, tc := range []struct {
		rate Rate
		want string
	}{
		{Rate{1, 3}, `{"numerator":1,"denominator":3,"value":0.3333333333333333}`},
		{Rate{0, 3}, `{"numerator":0,"denominator":3,"value":0}`},
		{Rate{6, 3}, `{"numerator":6,"denominator":3,"value":2}`},
		{Rate{3, 0}, `{"numerator":3,"denominator":0,"value":null}`},
		{Rate{-1, 2}, `{"numerator":-1,"denominator":2,"value":-0.5}`},
	} {
		if got, err := json.Marshal(tc.rate); err != nil || string(got) != tc.want {
			t.Errorf("%v: %s, %v, want %s", tc.rate, got, err, tc.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{rapid.Int64().Draw(t, "n"), rapid.Int64().Draw(t, "d")}
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Numerator, Denominator int64
			Value                  *float64
		}
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if got.Numerator != r.Num || got.Denominator != r.Den || (got.Value == nil) != (r.Den == 0) {
			t.Fatalf("%v became %s", r, data)
		}
		if got.Value != nil && *got.Value != float64(r.Num)/float64(r.Den) {
			t.Fatalf("%v has value %v", r, *got.Value)
		}
	})
}

func TestSnapshotJSON(t *testing.T) {
	f := figures()
	show := testShow()
	show.State = live.ShowStateLive
	s := SnapshotOf(show, &f, 7, time.Date(2026, 3, 1, 12, 0, 0, 5_000_000, time.UTC), 420*time.Millisecond, true)
	var got map[string]any
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	metrics := got["metrics"].(map[string]any)
	if len(metrics) != len(Metrics) || metrics["online_now"] != 7.0 || metrics["gmv_paid_minor"] != 1e6 {
		t.Errorf("metrics are %v", metrics)
	}
	if rate := metrics["view_to_pay"].(map[string]any); rate["value"] != 0.08 {
		t.Errorf("view_to_pay is %v", rate)
	}
	if rows := got["by_currency"].([]any); len(rows) != 2 || rows[1].(map[string]any)["gmv_paid_minor"] != 500.0 {
		t.Errorf("by_currency is %v", rows)
	}
	if raw := got["raw"].(map[string]any); len(raw) != len(rawKeys) || raw["watch_uv"] != 850.0 || raw["online_now"] != 7.0 {
		t.Errorf("raw is %v", raw)
	}
	if hosts := got["hosts"].([]any); len(hosts) != 2 || hosts[0].(map[string]any)["gmv_paid_minor"] != 600_000.0 {
		t.Errorf("hosts is %v", hosts)
	}
	if rows := got["ladder"].([]any); len(rows) != 2 || rows[0].(map[string]any)["name_zh"] != "路人 → 粉丝" || rows[0].(map[string]any)["moves_caused_up"] != 12.0 || rows[1].(map[string]any)["moves_caused_down"] != 3.0 {
		t.Errorf("ladder is %v", rows)
	}
	if rows := got["commission"].([]any); len(rows) != 2 || rows[0].(map[string]any)["commission_minor"] != 32_000.0 || rows[1].(map[string]any)["commission_minor"] != 13_000.0 {
		t.Errorf("commission is %v", rows)
	}
	if recent := got["recent"].(map[string]any); len(recent) != len(RecentFigures) {
		t.Errorf("recent is %v", recent)
	}
	if rows := got["products"].([]any); len(rows) != len(f.Products) {
		t.Errorf("products is %v", rows)
	}
	delete(got, "recent")
	if rows := got["alerts"].([]any); len(rows) != 0 {
		t.Errorf("alerts is %v", rows)
	}
	delete(got, "alerts")
	delete(got, "products")
	delete(got, "ladder")
	delete(got, "commission")
	delete(got, "raw")
	delete(got, "hosts")
	delete(got, "metrics")
	delete(got, "by_currency")
	want := map[string]any{
		"type": "snapshot", "show_id": "s1", "room_id": "r1", "state": "live", "at": "2026-03-01T12:00:00.005Z",
		"currency": "CNY", "provisional": true, "lag_ms": 420.0,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("snapshot (-want +got):\n%s", d)
	}
}

// What a moderator gets must not hold an amount in any form.
func TestSnapshotWithoutMoney(t *testing.T) {
	f := figures()
	s := SnapshotOf(testShow(), &f, 7, t0, 0, false)
	data, err := json.Marshal(s.WithoutMoney())
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"minor", "gmv", "amount", "by_currency", "1000000", "1250000", "950000"} {
		if strings.Contains(string(data), bad) {
			t.Errorf("a snapshot without money contains %q: %s", bad, data)
		}
	}
	if _, ok := s.Metrics.Get("gmv_paid_minor"); !ok || s.ByCurrency == nil {
		t.Error("taking the money out changed the snapshot itself")
	}
	table := ProductTable(&Figures{Products: []Product{{Product: "p", Money: []ProductMoney{{Currency: "CNY", Paid: 1_000_000}}}}}, "CNY").WithoutMoney()
	data, err = json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "minor") || strings.Contains(string(data), "1000000") || !strings.Contains(string(data), `"product_id":"p"`) {
		t.Errorf("a product without money is %s", data)
	}
}

func TestOnlineUnknownIsLeftOut(t *testing.T) {
	f := figures()
	if _, ok := Read(&f, "CNY", -1).Values(true).Get("online_now"); ok {
		t.Error("an unknown online_now is shown")
	}
}
