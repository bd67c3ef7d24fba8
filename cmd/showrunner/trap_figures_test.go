package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

func TestTrap23_WatchTimeIsCutToTheShow(t *testing.T) {
	r := newTrapRoom(t)
	r.fact(live.RoomEntered, "ann", `{}`)
	r.fact(live.WatchHeartbeat, "ann", beat) // all of it before the start
	r.pass(10 * time.Second)
	r.fact(live.WatchHeartbeat, "ann", beat) // 10 s of it
	r.pass(time.Minute)
	ended := r.show
	ended.State, ended.EndedAt = live.ShowStateEnded, r.now
	r.pass(20 * time.Second)
	r.fact(live.WatchHeartbeat, "ann", beat) // 10 s of it, on its way when the show ended
	r.want(map[string]int64{"total_watch_time_ms": 40_000})
	r.fold.SetShow(ended)
	r.pass(time.Hour)
	r.fact(live.WatchHeartbeat, "ann", beat) // a tab that nobody closed
	r.want(map[string]int64{"total_watch_time_ms": 20_000, "watch_uv_60s": 0})
}

func TestTrap26_AStreakCountsAtItsEnd(t *testing.T) {
	r := newTrapRoom(t)
	for i := range 9 { // told while it grows
		r.fact(live.GiftSent, "ann", fmt.Sprintf(`{"gift_id":"rose","count":%d,"value_minor":%d,"streak_id":"x","streak_end":false}`, i+1, 100*(i+1)), from("douyin"))
	}
	r.want(map[string]int64{"gift_count": 0, "gift_uv": 0, "gift_value_minor": 0})
	for range 3 { // the end, and the platform's retries of it under other names
		r.fact(live.GiftSent, "ann", `{"gift_id":"rose","count":10,"value_minor":1000,"streak_id":"x","streak_end":true}`)
	}
	r.fact(live.GiftSent, "ann", `{"gift_id":"car","count":1,"value_minor":5000}`) // no streak
	r.fact(live.GiftSent, "bob", `{"gift_id":"rose","count":2,"value_minor":200,"streak_id":"x","streak_end":true}`)
	r.want(map[string]int64{"gift_count": 13, "gift_uv": 2, "gift_value_minor": 6200, "gmv_paid_minor": 0})
}

// Nothing that staff, or anybody in a rehearsal, states moves any figure about
// viewers, published or raw; the same facts of a viewer move them all.
func TestTrap28_NoFactOfStaffMovesAFigure(t *testing.T) {
	facts := map[live.Kind]string{
		live.RoomExposed: `{}`, live.RoomEntered: `{}`, live.WatchHeartbeat: `{"visible":true,"watched_ms":60000}`, live.CommentSent: `{"comment_id":"c","text":"x"}`,
		live.Liked: `{"count":9}`, live.RoomShared: `{"share_channel":"x"}`, live.Followed: `{}`, live.ProductExposed: `{"product_id":"p","surface":"list"}`,
		live.ProductClicked: `{"product_id":"p","surface":"list"}`, live.CartItemAdded: `{"product_id":"p","sku_id":"s","qty":1}`, live.CheckoutStarted: `{}`,
		live.GiftSent: `{"gift_id":"g","count":1,"value_minor":5}`, live.CouponClaimed: `{"batch_id":"b"}`, live.RedPacketClaimed: `{"packet_id":"r"}`, live.LuckyDrawEntered: `{"draw_id":"d"}`,
	}
	traffic := func(change ...func(*live.Event)) (analytics.Traffic, analytics.Traffic) {
		r := newTrapRoom(t)
		r.pass(5 * time.Minute)
		change = append(change, func(e *live.Event) { e.Source = live.SourceSystem })
		for kind, data := range facts {
			r.fact(kind, "x", data, change...)
		}
		f := r.fold.Figures(r.now.Add(time.Second)) // Of a minute that has just begun nothing has been on air yet.
		f.Traffic.MinutesOnAir, f.Raw.MinutesOnAir, f.Traffic.ClockMinutes, f.Raw.ClockMinutes = 0, 0, 0, 0
		return f.Traffic, f.Raw
	}
	viewers, raw := traffic()
	var fields map[string]int64
	if text, err := json.Marshal(viewers); err != nil || json.Unmarshal(text, &fields) != nil {
		t.Fatal(err)
	}
	for name, n := range fields {
		if n == 0 && name != "MinutesOnAir" && name != "ClockMinutes" {
			t.Errorf("%s is moved by nothing: this test proves nothing about it", name)
		}
	}
	if viewers != raw {
		t.Errorf("without bots raw differs: %+v", raw)
	}
	check := func(name string, change func(*live.Event)) {
		t.Helper()
		published, raw := traffic(change)
		if d := cmp.Diff(analytics.Traffic{}, published); d != "" {
			t.Errorf("%s moves\n%s", name, d)
		}
		if d := cmp.Diff(analytics.Traffic{}, raw); d != "" {
			t.Errorf("%s moves raw figures\n%s", name, d)
		}
	}
	for _, role := range append([]live.Role{live.RoleSystem}, live.Roles...) {
		if role != live.RoleViewer {
			check(string(role), as(role))
		}
	}
	check("a rehearsal", func(e *live.Event) { e.Rehearsal = true })
}

// A comment that is taken out of sight was sent and is not shown, whenever that
// is said, until it is restored.
func TestTrap40_SentAndShown(t *testing.T) {
	r := newTrapRoom(t)
	mod := as(live.RoleModerator)
	for _, c := range []string{"a1", "a2"} {
		r.fact(live.CommentSent, "ann", `{"comment_id":"`+c+`","text":"x"}`)
	}
	r.fact(live.CommentSent, "bob", `{"comment_id":"b1","text":"x"}`)
	r.want(map[string]int64{"comments_sent": 3, "comments_shown": 3})
	r.fact(live.CommentHidden, "", `{"comment_id":"b1"}`, mod)
	r.fact(live.ViewerMuted, "ann", `{"viewer_id":"ann"}`, mod)
	r.want(map[string]int64{"comments_sent": 3, "comments_shown": 0})
	r.fact(live.ViewerUnmuted, "ann", `{"viewer_id":"ann"}`, mod) // what was hidden stays hidden
	r.fact(live.CommentSent, "ann", `{"comment_id":"a3","text":"x"}`)
	r.want(map[string]int64{"comments_sent": 4, "comments_shown": 1})
	ended := r.show
	ended.State, ended.EndedAt = live.ShowStateEnded, r.now
	r.fold.SetShow(ended)
	r.pass(24 * time.Hour) // the next day, somebody looks through them
	r.fact(live.CommentRestored, "", `{"comment_id":"a1"}`, mod)
	r.fact(live.CommentRestored, "", `{"comment_id":"b1"}`, mod)
	r.fact(live.CommentHidden, "", `{"comment_id":"a3"}`, mod)
	r.want(map[string]int64{"comments_sent": 4, "comment_pv": 4, "comment_uv": 2, "comments_shown": 2})
}

// What the shifts of the hosts sold, and what was paid outside of any, adds up to
// what the show sold, on a real store.
func TestHostsSellByShift(t *testing.T) {
	w := newTrapShop(t, 50)
	handover := func(host string) {
		t.Helper()
		w.pass(time.Second)
		cmd := live.Command{ID: "h-" + host, Name: live.HandoverHost, Merchant: "m1", Room: "r1", By: trapOwner, Args: json.RawMessage(`{"host_id":"` + host + `"}`)}
		if _, err := w.s.Execute(t.Context(), cmd); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
	}
	paid := func(who string) live.OrderID {
		o := w.ordered(who, live.WantedLine{SKU: "a", Qty: 1})
		w.pass(time.Second)
		w.said(o, trapPaid("p-"+who, 1000))
		w.pass(time.Second)
		return o
	}
	paid("v1") // before any host was said to be on
	handover("ann")
	refunded := paid("v2")
	open := w.ordered("v3", live.WantedLine{SKU: "b", Qty: 1})
	handover("bob")
	w.said(open, trapPaid("p-v3", 500)) // ordered in one shift, paid in the next
	w.said(refunded, trapRefund("r1", "1", 400, 0))
	late := w.ordered("v4", live.WantedLine{SKU: "b", Qty: 2})
	w.pass(time.Second)
	w.do(live.EndShow)
	w.pass(time.Hour)
	w.said(late, trapPaid("p-v4", 1000))
	f := w.figures("s1", w.clock())
	type sold struct {
		Host         string
		Orders, Paid int64
		Over         bool
	}
	var got []sold
	var sum int64
	for _, s := range f.Shifts {
		x := sold{Host: s.Host, Over: !s.Until.IsZero()}
		for _, m := range s.Money {
			x.Orders += m.OrdersPaid
			x.Paid += m.Paid
		}
		sum += x.Paid
		got = append(got, x)
	}
	if d := cmp.Diff([]sold{{"ann", 1, 1000, true}, {"bob", 1, 500, true}, {"", 2, 2000, false}}, got); d != "" {
		t.Errorf("shifts (-want +got):\n%s", d)
	}
	w.want(map[string]int64{"gmv_paid_minor": sum, "orders_paid": 4})
}
