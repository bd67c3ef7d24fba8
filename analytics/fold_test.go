package analytics

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC)

func testShow() live.Show {
	return live.Show{
		ID: "s1", Room: "r1", Merchant: "m1", Title: "show", Currency: "CNY", TimeZone: "Asia/Shanghai",
		State: live.ShowStateEnded, StartedAt: t0, EndedAt: t0.Add(90 * time.Minute),
	}
}

func raw(format string, args ...any) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(format, args...))
}

// randomLog makes facts of a show with a few persons and products, in a log
// order that differs a little from the order of time, and with equal times.
func randomLog(t *rapid.T, show live.Show) []live.Entry {
	at := rapid.Custom(func(t *rapid.T) time.Time {
		// Few distinct instants give many ties; some lie around the 30 minute gap.
		return show.StartedAt.Add(time.Duration(rapid.IntRange(-5, 400).Draw(t, "quarter")) * 15 * time.Second)
	})
	persons := []live.PersonID{"a", "b", "c", "d", ""}
	kinds := []live.Kind{
		live.RoomEntered, live.RoomEntered, live.WatchHeartbeat, live.WatchHeartbeat, live.WatchHeartbeat, live.RoomLeft, live.RoomExposed,
		live.CommentSent, live.Liked, live.RoomShared, live.Followed, live.Unfollowed, live.ProductExposed, live.ProductClicked,
		live.CartItemAdded, live.CheckoutStarted, live.ProductPinned, live.AnnouncementPublished, live.StockChanged,
		live.CommentSent, live.CommentSent, live.CommentHidden, live.CommentRestored, live.ViewerMuted, live.GiftSent, live.GiftSent,
		live.BotFlagged, live.BotFlagged, live.BotUnflagged, live.HostShiftStarted, live.HostShiftEnded,
		live.ExplainStarted, live.ExplainStarted, live.ExplainEnded, live.ComplaintOpened, live.ServiceSLABreached,
		live.AlertRaised, live.AlertCleared, live.AlertAcknowledged,
	}
	kinds = append(kinds, BenefitKinds...)
	roles := []live.Role{live.RoleViewer, live.RoleViewer, live.RoleViewer, live.RoleViewer, live.RoleHost}
	var events []live.Event
	for range rapid.IntRange(0, 60).Draw(t, "facts") {
		e := live.Event{
			Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Merchant: "m1", Room: "r1", Show: "s1",
			Person: rapid.SampledFrom(persons).Draw(t, "person"), Channel: rapid.SampledFrom([]string{"", "group", "feed"}).Draw(t, "channel"),
			Actor: live.Actor{Role: rapid.SampledFrom(roles).Draw(t, "role")}, ReceivedAt: at.Draw(t, "at"),
			Rehearsal: rapid.IntRange(0, 9).Draw(t, "rehearsal") == 0,
		}
		if slices.Contains(BenefitKinds, e.Kind) && rapid.IntRange(0, 9).Draw(t, "not ours") > 0 {
			e.Source = live.SourceSystem
		}
		if rapid.IntRange(0, 9).Draw(t, "other") == 0 {
			e.Show = "s2"
		}
		product := rapid.SampledFrom([]string{"p1", "p2", ""}).Draw(t, "product")
		switch e.Kind {
		case live.Liked:
			e.Data = raw(`{"count":%d}`, rapid.IntRange(1, 9).Draw(t, "likes"))
		case live.WatchHeartbeat:
			e.Data = raw(`{"visible":%t,"watched_ms":%d}`, rapid.Bool().Draw(t, "visible"), 1000*rapid.IntRange(0, 60).Draw(t, "watched"))
			if rapid.IntRange(0, 9).Draw(t, "cut") == 0 {
				e.Data = raw(`{"visible":true,"watched_ms":7000,"stated_ms":60000}`)
			} else if rapid.Bool().Draw(t, "told late") {
				e.OccurredAt = e.ReceivedAt.Add(-time.Duration(rapid.IntRange(0, 90).Draw(t, "late")) * time.Second)
			}
		case live.CommentSent, live.CommentHidden, live.CommentRestored:
			if n := rapid.IntRange(0, 4).Draw(t, "comment"); n > 0 {
				e.Data = raw(`{"comment_id":"c%d","text":"hi"}`, n)
			}
		case live.GiftSent:
			e.Data = raw(`{"gift_id":"g","count":%d,"value_minor":%d}`, rapid.IntRange(1, 9).Draw(t, "gifts"), rapid.IntRange(0, 99).Draw(t, "value"))
			if n := rapid.IntRange(0, 2).Draw(t, "streak"); n > 0 {
				e.Data = raw(`{"gift_id":"g","count":%d,"value_minor":5,"streak_id":"x%d","streak_end":%t}`, rapid.IntRange(1, 9).Draw(t, "gifts"), n, rapid.Bool().Draw(t, "end"))
			}
		case live.HostShiftStarted, live.HostShiftEnded:
			n := rapid.IntRange(1, 3).Draw(t, "shift")
			e.Data = raw(`{"shift_id":"h%d","host_id":"host%d"}`, n, n)
		case live.AlertRaised, live.AlertCleared, live.AlertAcknowledged:
			n := rapid.IntRange(0, 3).Draw(t, "alert")
			if e.Actor.ID = "op"; n > 0 {
				e.Data = raw(`{"alert_id":"al%d","rule":"r%d","kind":"sla_breach","severity":"critical","evidence":{"breaches":1},"reason":"recovered"}`, n, n)
			}
		case live.ExplainStarted, live.ExplainEnded:
			if product != "" {
				e.Data = raw(`{"product_id":%q,"explain_id":"x","count":1}`, product)
			}
		case live.ProductExposed, live.ProductClicked, live.CartItemAdded:
			e.Data = raw(`{"product_id":%q,"sku_id":"k","qty":1,"surface":"list"}`, product)
			if product == "" {
				e.Data = raw(`{"sku_id":"k","qty":1}`)
			}
		case live.ProductPinned:
			e.Data = raw(`{"product_id":%q,"title":"T%d"}`, product, rapid.IntRange(0, 3).Draw(t, "title"))
		case live.AnnouncementPublished:
			e.Data = raw(`{"text":"hello"}`)
		case live.CouponRedeemed, live.CouponReturned, live.RedPacketClaimed:
			e.Data = raw(`{"currency":%q,"discount_minor":%d,"paid_minor":%d,"amount_minor":%d,"redeemed":%t}`,
				rapid.SampledFrom([]string{"CNY", "USD"}).Draw(t, "currency of the benefit"), rapid.IntRange(1, 900).Draw(t, "off"),
				rapid.IntRange(1, 9000).Draw(t, "paid with it"), rapid.IntRange(1, 500).Draw(t, "share"), rapid.Bool().Draw(t, "redeemed"))
		}
		events = append(events, e)
	}
	slices.SortStableFunc(events, func(a, b live.Event) int {
		return a.ReceivedAt.Truncate(time.Minute).Compare(b.ReceivedAt.Truncate(time.Minute))
	})
	for o := range rapid.IntRange(0, 6).Draw(t, "orders") {
		events = append(events, randomOrder(t, live.OrderID(fmt.Sprint("o", o)), at, persons)...)
	}
	// Orders are told between the rest and after it.
	shift := rapid.IntRange(0, 20).Draw(t, "shift")
	if shift < len(events) {
		events = append(slices.Clone(events[shift:]), events[:shift]...)
	}
	log := make([]live.Entry, len(events))
	for i, e := range events {
		e.ID = live.EventID(fmt.Sprint("e", i))
		log[i] = live.Entry{Position: live.Position{Seq: uint64(i/3 + 1), Index: uint32(i % 3)}, Event: e}
	}
	return log
}

// randomOrder tells the facts of one order in any order, as the order book does.
func randomOrder(t *rapid.T, id live.OrderID, at *rapid.Generator[time.Time], persons []live.PersonID) []live.Event {
	cur := rapid.SampledFrom([]live.Currency{"CNY", "CNY", "USD"}).Draw(t, "currency")
	created := live.OrderFact{Kind: live.OrderCreated, At: at.Draw(t, "created"), Currency: cur, Show: "s1", Room: "r1", Person: rapid.SampledFrom(persons).Draw(t, "buyer")}
	for l := range rapid.IntRange(1, 3).Draw(t, "lines") {
		created.Lines = append(created.Lines, live.OrderLine{
			ID: fmt.Sprint("l", l), Product: live.ProductID(fmt.Sprint("p", l)), SKU: live.SKUID(fmt.Sprint("k", l)),
			Qty: int64(rapid.IntRange(1, 3).Draw(t, "qty")), Goods: int64(rapid.IntRange(1, 10_000).Draw(t, "goods")),
			CommissionBPS: int64(rapid.IntRange(0, 3_000).Draw(t, "commission")),
		})
	}
	facts := []live.OrderFact{created}
	if rapid.Bool().Draw(t, "paid") {
		facts = append(facts, live.OrderFact{Kind: live.OrderPaid, ID: "pay", At: at.Draw(t, "payAt"), Currency: cur, PaidMinor: int64(rapid.IntRange(1, 20_000).Draw(t, "amount"))})
	}
	if rapid.Bool().Draw(t, "refund") {
		facts = append(facts, live.OrderFact{
			Kind: live.RefundSucceeded, ID: "r", At: at.Draw(t, "refundAt"), Currency: cur,
			Refunds: []live.RefundLine{{Line: "l0", Goods: int64(rapid.IntRange(1, 5_000).Draw(t, "back")), Shipping: 1}},
		})
	}
	if rapid.Bool().Draw(t, "cancel") {
		facts = append(facts, live.OrderFact{Kind: live.OrderCancelled, At: at.Draw(t, "cancelAt"), CancelType: rapid.SampledFrom([]live.CancelType{
			live.CancelUser, live.CancelTimeout, live.CancelAllRefunded, live.CancelOversold, live.CancelMerchant, live.CancelRisk,
		}).Draw(t, "cancelType")})
	}
	if rapid.Bool().Draw(t, "life") {
		facts = append(facts,
			live.OrderFact{Kind: live.OrderSettled, ID: "s", At: at.Draw(t, "settledAt"), Currency: cur, SettledMinor: int64(rapid.IntRange(1, 20_000).Draw(t, "settled"))},
			live.OrderFact{Kind: live.OrderShipped, ID: "parcel", At: at.Draw(t, "shippedAt")},
			live.OrderFact{Kind: live.DepositPaid, ID: "d", At: at.Draw(t, "depositAt"), Currency: cur, PaidMinor: int64(rapid.IntRange(1, 2_000).Draw(t, "deposit"))})
	}
	facts = rapid.Permutation(facts).Draw(t, "order")
	var events []live.Event
	var before live.Order
	for i := range facts {
		after := live.FoldOrder("m1", id, facts[:i+1])
		deltas := live.Deltas(before, after)
		data, err := json.Marshal(map[string]any{"order_id": id, "deltas": live.EncodeDeltas(deltas)})
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, live.Event{
			Kind: facts[i].Kind, Merchant: "m1", Show: after.Show, Person: after.Person, ReceivedAt: at.Draw(t, "told"), Data: data,
			Actor: live.Actor{Role: live.RoleViewer},
		})
		before = after
	}
	return events
}

func foldAll(t interface{ Fatal(...any) }, show live.Show, log []live.Entry, asOf time.Time) Figures {
	f := NewFold(show)
	for _, e := range log {
		if err := f.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	return f.Figures(asOf)
}

func TestFoldEqualsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		show := testShow()
		log := randomLog(t, show)
		asOf := show.StartedAt.Add(5 * time.Hour)
		got, want := foldAll(t, show, log, asOf), bruteForce(t, show, log, asOf)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("fold differs from brute force (-want +got):\n%s", d)
		}
	})
}

// The average of who was there is never above the most who were, whenever it is
// asked and however many came before the start or stayed after the end; it is the
// average of the rows of the minutes on air.
func TestFoldAverageOnline(t *testing.T) {
	above := 0
	rapid.Check(t, func(t *rapid.T) {
		show := testShow()
		show.StartedAt = show.StartedAt.Add(time.Duration(rapid.IntRange(0, 6000).Draw(t, "start")) * time.Second)
		show.EndedAt = show.StartedAt.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "on for")) * time.Second)
		if rapid.IntRange(0, 3).Draw(t, "running") == 0 {
			show.State, show.EndedAt = live.ShowStateLive, time.Time{}
		}
		log := randomLog(t, testShow())
		newest := time.Time{}
		f := NewFold(show)
		for _, e := range log {
			if err := f.Add(e); err != nil {
				t.Fatal(err)
			}
			if e.Event.ReceivedAt.After(newest) {
				newest = e.Event.ReceivedAt
			}
		}
		asOf := newest.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "later")) * time.Second)
		figures := f.Figures(asOf)
		for name, x := range map[string]Traffic{"published": figures.Traffic, "raw": figures.Raw} {
			if x.OnlineMinutes > x.PeakOnline*x.ClockMinutes {
				t.Fatalf("%s: %d persons in %d minutes on air, and never more than %d", name, x.OnlineMinutes, x.ClockMinutes, x.PeakOnline)
			}
		}
		var always, sum int64
		for _, m := range figures.Minutes {
			always += m.Online
		}
		if x := figures.Traffic; always > x.PeakOnline*x.MinutesOnAir {
			above++
		}
		rows := figures.OnAir(show)
		var peak int64
		for _, m := range rows {
			sum, peak = sum+m.Online, max(peak, m.Online)
		}
		if x := figures.Traffic; peak != x.PeakOnline {
			t.Fatalf("a peak of %d, and in no minute on air more than %d", x.PeakOnline, peak)
		}
		if x := figures.Traffic; sum != x.OnlineMinutes || int64(len(rows)) != x.ClockMinutes {
			t.Fatalf("%d persons in %d rows, counted %d in %d", sum, len(rows), x.OnlineMinutes, x.ClockMinutes)
		}
	})
	if above == 0 {
		t.Error("of no show would all who ever came make too high an average: this test proves nothing")
	}
}

func TestFoldOnlineNow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		show := testShow()
		show.State = live.ShowStateLive
		log := randomLog(t, show)
		f := NewFold(show)
		now := show.StartedAt
		for i := range log {
			if err := f.Add(log[i]); err != nil {
				t.Fatal(err)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "step")) * time.Second)
			want := bruteOnline(log[:i+1], now)
			if f.Show().State.Over() {
				want = 0
			}
			if got := f.OnlineNow(now); got != want {
				t.Fatalf("after %d facts at %v: online %d, want %d", i+1, now, got, want)
			}
		}
	})
}

func TestFoldIgnoresRehearsals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		show := testShow()
		show.Rehearsal = true
		got := foldAll(t, show, randomLog(t, show), show.EndedAt)
		want := Figures{Show: show.ID, AsOf: show.EndedAt, Funnel: NewFunnel(&Traffic{}, 0, 0, 0, 0)}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("a rehearsal was counted (-want +got):\n%s", d)
		}
		for _, v := range Read(&got, "CNY", 0).Values(true) {
			if v.Num != 0 {
				t.Fatalf("%s of a rehearsal is %d, want 0", v.Metric.Key, v.Num)
			}
		}
	})
}

// The order of the log decides what equal times leave open.
func TestFoldLastWordOfEqualTimes(t *testing.T) {
	say := func(kinds ...live.Kind) []live.Entry {
		var log []live.Entry
		for i, k := range kinds {
			log = append(log, live.Entry{Position: live.Position{Seq: uint64(i + 1)}, Event: live.Event{
				Kind: k, Merchant: "m1", Show: "s1", Person: "a", Actor: live.Actor{Role: live.RoleViewer}, ReceivedAt: t0,
			}})
		}
		return log
	}
	for _, tc := range []struct {
		log  []live.Entry
		want int64
	}{
		{say(live.Followed, live.Unfollowed), 0},
		{say(live.Unfollowed, live.Followed), 1},
		{say(live.Followed, live.Unfollowed, live.Followed, live.Followed), 1},
	} {
		if got := foldAll(t, testShow(), tc.log, t0).Traffic.FollowNet; got != tc.want {
			t.Errorf("%v: net follows %d, want %d", tc.log, got, tc.want)
		}
	}
	show := testShow()
	show.State = live.ShowStateLive
	online := NewFold(show)
	for _, e := range say(live.RoomLeft, live.RoomEntered) {
		if err := online.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if got := online.OnlineNow(t0); got != 1 {
		t.Errorf("left, then entered: online %d, want 1", got)
	}
	show.State = live.ShowStateEnded
	online.SetShow(show)
	if got := online.OnlineNow(t0); got != 0 {
		t.Errorf("after the show: online %d, want 0", got)
	}
}

func TestFoldViewGap(t *testing.T) {
	at := func(minutes ...float64) (log []live.Entry) {
		for i, m := range minutes {
			kind := live.WatchHeartbeat
			if i == 0 {
				kind = live.RoomEntered
			}
			log = append(log, live.Entry{Event: live.Event{
				Kind: kind, Merchant: "m1", Show: "s1", Person: "a", Actor: live.Actor{Role: live.RoleViewer}, ReceivedAt: t0.Add(time.Duration(m * float64(time.Minute))),
			}})
		}
		return log
	}
	for _, tc := range []struct {
		log  []live.Entry
		want int64
	}{
		{at(0), 1},
		{at(0, 30), 1},               // the gap must be over 30 minutes
		{at(0, 30.001), 2},           // and now it is
		{at(0, 20, 40, 60), 1},       // never silent for long
		{at(0, 50, 25), 1},           // a late fact closes the gap
		{at(0, 100, 50, 25, 75), 1},  // two of them, from both sides
		{at(100, 0), 2},              // out of order and apart
		{at(0, 0, 0, 31, 31, 62), 3}, // equal times
	} {
		if got := foldAll(t, testShow(), tc.log, t0).Traffic.WatchPV; got != tc.want {
			t.Errorf("%d facts: views %d, want %d", len(tc.log), got, tc.want)
		}
	}
}

func TestFoldRefusesBrokenOrder(t *testing.T) {
	f := NewFold(testShow())
	err := f.Add(live.Entry{Event: live.Event{ID: "e1", Kind: live.OrderPaid, Merchant: "m1", Show: "s1", ReceivedAt: t0, Data: raw(`{"deltas":[{"show_id":"s1","orders":"many"}]}`)}})
	if err == nil {
		t.Fatal("a broken order event was taken without an error")
	}
	if got := f.Figures(t0).Money; got != nil {
		t.Errorf("a broken order event left money %v", got)
	}
}

// What another merchant says of our show is not counted in it.
func TestFoldIgnoresOtherMerchants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		show := testShow()
		log := randomLog(t, show)
		theirs := slices.Clone(log)
		for i := range theirs {
			theirs[i].Event.Merchant = "m2"
		}
		asOf := show.StartedAt.Add(5 * time.Hour)
		got, want := foldAll(t, show, append(log, theirs...), asOf), foldAll(t, show, log, asOf)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("another merchant's facts were counted (-want +got):\n%s", d)
		}
	})
}
