package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

var owner = live.Principal{Subject: "owner", Role: live.RoleMerchant, Merchant: "m1"}

// tenOff is ten coupons of 200 off 1000, two a person.
func tenOff(id string) live.CouponBatch {
	return live.CouponBatch{
		ID: id, Merchant: "m1", Title: "200 off", Kind: live.CouponAmount, Off: 200, Threshold: 1000, Currency: "CNY", Total: 10, PerPerson: 2,
	}
}

func putBatch(t testing.TB, s *Store, b live.CouponBatch) live.CouponBatch {
	t.Helper()
	b, err := s.PutCouponBatch(t.Context(), b, owner)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func claim(s *Store, t testing.TB, who, batch, name string) (live.Coupon, error) {
	return s.ClaimCoupon(t.Context(), live.ClaimCoupon{Room: "r1", Batch: batch, By: viewer(who), Claim: name, Channel: "group"})
}

func mustClaim(t testing.TB, s *Store, who, batch string) live.Coupon {
	t.Helper()
	c, err := claim(s, t, who, batch, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func buyWith(s *Store, t testing.TB, who, client, coupon string, lines ...live.WantedLine) (live.PlacedOrder, error) {
	return s.PlaceOrder(t.Context(), live.PlaceOrder{ClientID: client, Room: "r1", Buyer: viewer(who), Coupon: coupon, Lines: lines})
}

// couponEvents is what was said of coupons: kind and what tells it apart.
func couponEvents(t testing.TB, s *Store) (out []string) {
	t.Helper()
	for _, e := range events(t, s) {
		var d struct {
			Reason string       `json:"reason"`
			Order  live.OrderID `json:"order_id"`
		}
		if err := json.Unmarshal(e.Data, &d); err != nil {
			t.Fatal(err)
		}
		if kind, ok := strings.CutPrefix(string(e.Kind), "coupon_"); ok {
			if d.Reason != "" {
				kind += " " + d.Reason
			}
			out = append(out, kind)
		}
	}
	return out
}

func wantCouponEvents(t testing.TB, s *Store, want ...string) {
	t.Helper()
	if got := couponEvents(t, s); !slices.Equal(got, want) {
		t.Errorf("events of coupons:\n%q\nwant\n%q", got, want)
	}
}

func wantCoupon(t testing.TB, s *Store, who, id string, state live.CouponState, order live.OrderID) {
	t.Helper()
	list, _, err := s.Coupons(t.Context(), CouponFilter{Merchant: "m1", Person: live.PersonID(who)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.ID == id {
			if c.State != state || c.Order != order {
				t.Errorf("coupon = %s of order %q, want %s of %q", c.State, c.Order, state, order)
			}
			return
		}
	}
	t.Errorf("%s has no coupon %s", who, id)
}

func why(t testing.TB, err error, reason string) {
	t.Helper()
	if e := wantCode(t, err, "coupon_not_usable"); e.Data["reason"] != reason {
		t.Errorf("reason = %v, want %s", e.Data["reason"], reason)
	}
}

// A coupon from its batch to the order that is refunded: claimed, held, back
// when the order expires, redeemed with the payment, back with the refund.
func TestCouponLife(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 20)
	putBatch(t, s, tenOff("b"))
	do(t, s, live.DropCoupon, "d", `{"batch_id":"b"}`)
	state, err := s.RoomState(t.Context(), "r1")
	if err != nil || state.Coupon == nil || state.Coupon.Batch.ID != "b" || state.Coupon.PerPerson != 2 {
		t.Fatalf("room state = %+v, %v", state.Coupon, err)
	}
	k := mustClaim(t, s, "v1", "b")
	_, err = buyWith(s, t, "v2", "c1", k.ID, one("a"))
	why(t, err, "unknown")
	_, err = buyWith(s, t, "v1", "c0", k.ID, one("b"))
	why(t, err, "below_threshold")

	p, err := buyWith(s, t, "v1", "c1", k.ID, one("a"), one("b"))
	if err != nil || p.Total != 2490-200 || p.Discount != 200 {
		t.Fatalf("placed %+v, %v", p, err)
	}
	if again, err := buyWith(s, t, "v1", "c1", k.ID, one("a"), one("b")); err != nil || !again.Replay || again.Total != p.Total || again.Discount != 200 {
		t.Errorf("again = %+v, %v", again, err)
	}
	o, _, err := s.Order(t.Context(), "m1", p.ID)
	if err != nil || o.Due() != 2290 || o.Lines[0].Discount != 160 || o.Lines[1].Discount != 40 || len(o.Flags) != 0 {
		t.Errorf("order = %+v, %v", o, err)
	}
	wantCoupon(t, s, "v1", k.ID, live.CouponHeldState, p.ID)
	_, err = buyWith(s, t, "v1", "c2", k.ID, one("a"))
	why(t, err, "held")

	c.add(15 * time.Minute)
	if _, err := s.expireOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCoupon(t, s, "v1", k.ID, live.CouponClaimedState, "")
	q, err := buyWith(s, t, "v1", "c3", k.ID, one("a"))
	if err != nil {
		t.Fatal(err)
	}
	payAll(t, s, q)
	if o, _, err := s.Order(t.Context(), "m1", q.ID); err != nil || o.State != live.OrderStatePaid || o.Due() != 1790 || len(o.Flags) != 0 {
		t.Errorf("paid order = %+v, %v", o, err)
	}
	wantCoupon(t, s, "v1", k.ID, live.CouponRedeemedState, q.ID)
	_, err = buyWith(s, t, "v1", "c4", k.ID, one("a"))
	why(t, err, "redeemed")
	refund := func(id string, minor int64) {
		if _, err := s.ApplyFacts(t.Context(), "m1", []Fact{said{q.ID, s.now()}.refunded(id, 0, "a", minor)}, s.now()); err != nil {
			t.Fatal(err)
		}
	}
	refund("r1", 1000)
	wantCoupon(t, s, "v1", k.ID, live.CouponRedeemedState, q.ID) // a part is not all
	refund("r2", 790)
	refund("r2", 790) // told twice
	wantCoupon(t, s, "v1", k.ID, live.CouponClaimedState, "")
	if r, err := buyWith(s, t, "v1", "c5", k.ID, one("a")); err != nil {
		t.Error(err)
	} else if _, err := s.CancelOrder(t.Context(), "m1", r.ID, viewer("v1"), s.now()); err != nil {
		t.Error(err)
	}
	wantCouponEvents(t, s, "dropped", "claimed", "returned timeout", "redeemed", "returned refunded", "returned user")
	b, err := s.CouponBatch(t.Context(), "m1", "b")
	if err != nil || b.Claimed != 1 || b.Redeemed != 1 || b.Returned != 3 {
		t.Errorf("batch = %+v, %v", b, err)
	}
	// What figures are made of: the sum paid with the coupon, and whether what
	// came back had been redeemed.
	var told []string
	for _, e := range events(t, s) {
		var d struct {
			Currency string
			Off      int64 `json:"discount_minor"`
			Paid     int64 `json:"paid_minor"`
			Redeemed bool
		}
		if e.Kind != live.CouponRedeemed && e.Kind != live.CouponReturned {
			continue
		}
		if err := json.Unmarshal(e.Data, &d); err != nil {
			t.Fatal(err)
		}
		told = append(told, fmt.Sprint(e.Kind, d))
	}
	if want := []string{"coupon_returned{CNY 200 0 false}", "coupon_redeemed{CNY 200 1790 false}", "coupon_returned{CNY 200 0 true}", "coupon_returned{CNY 200 0 false}"}; !slices.Equal(told, want) {
		t.Errorf("told %q\nwant %q", told, want)
	}
	for _, e := range events(t, s) {
		if e.Kind == live.CouponReturned && (e.Person != "v1" || !strings.Contains(string(e.Data), `"order_id":"`)) {
			t.Errorf("event = %+v %s", e, e.Data)
		}
		if e.Kind == live.CouponClaimed && (e.Person != "v1" || e.Actor.Role != live.RoleViewer || e.Channel != "group" || e.Show != "s1") {
			t.Errorf("event = %+v", e)
		}
	}
}

// Facts that come out of their order leave the coupon where the order is.
func TestCouponFollowsLateFacts(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 20)
	putBatch(t, s, tenOff("b"))
	do(t, s, live.DropCoupon, "d", `{"batch_id":"b"}`)
	k := mustClaim(t, s, "v1", "b")
	p, err := buyWith(s, t, "v1", "c1", k.ID, one("a"))
	if err != nil {
		t.Fatal(err)
	}
	f := said{p.ID, s.now()}
	apply := func(fact Fact) {
		t.Helper()
		if _, err := s.ApplyFacts(t.Context(), "m1", []Fact{fact}, s.now()); err != nil {
			t.Fatal(err)
		}
	}
	apply(f.refunded("r", 0, "a", 1790)) // before the payment it gives back
	wantCoupon(t, s, "v1", k.ID, live.CouponHeldState, p.ID)
	apply(f.paid("p", 0, 1790))
	wantCoupon(t, s, "v1", k.ID, live.CouponClaimedState, "")
	q, err := buyWith(s, t, "v1", "c2", k.ID, one("a"))
	if err != nil {
		t.Fatal(err)
	}
	apply(f.cancelled(live.CancelMerchant, 0)) // of the first order, which has the coupon no longer
	wantCoupon(t, s, "v1", k.ID, live.CouponHeldState, q.ID)
	c.add(15 * time.Minute)
	if _, err := s.expireOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	payAll(t, s, q) // too late: the order is cancelled, and the coupon is back
	wantCoupon(t, s, "v1", k.ID, live.CouponClaimedState, "")
	wantCouponEvents(t, s, "dropped", "claimed", "redeemed", "returned refunded", "returned timeout")
}

func TestDropCouponRefuses(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	if _, err := s.CreateShow(t.Context(), live.Show{ID: "s2", Room: "r1"}, operator); err != nil {
		t.Fatal(err)
	}
	putBatch(t, s, tenOff("b"))
	usd, scoped, over, tiny := tenOff("usd"), tenOff("scoped"), tenOff("over"), tenOff("tiny")
	usd.Currency, scoped.SKUs, tiny.Total = "USD", []live.SKUID{"zz"}, 1
	over.EndsAt = c.now().Add(time.Minute)
	for _, b := range []live.CouponBatch{usd, scoped, over, tiny} {
		putBatch(t, s, b)
	}
	c.add(time.Minute)
	do(t, s, live.DropCoupon, "t", `{"batch_id":"tiny"}`)
	_ = mustClaim(t, s, "v1", "tiny") // the last one ends the drop
	moderator := operator
	moderator.Role = live.RoleModerator
	for i, tc := range []struct {
		name        live.CommandName
		by          live.Principal
		args        string
		code, field string
	}{
		{live.DropCoupon, moderator, `{"batch_id":"b"}`, "forbidden", ""},
		{live.DropCoupon, operator, `{}`, "invalid_field", "data.batch_id"},
		{live.DropCoupon, operator, `{"batch_id":"b","task":"dance"}`, "invalid_field", "data.task"},
		{live.DropCoupon, operator, `{"batch_id":"b","task":"watch_n"}`, "invalid_field", "data.task_minutes"},
		{live.DropCoupon, operator, `{"batch_id":"b","task_minutes":3}`, "invalid_field", "data.task_minutes"},
		{live.DropCoupon, operator, `{"batch_id":"b","window":"minutes"}`, "invalid_field", "data.window_minutes"},
		{live.DropCoupon, operator, `{"batch_id":"b","window":"sometime"}`, "invalid_field", "data.window"},
		{live.DropCoupon, operator, `{"batch_id":"b","window":"time"}`, "invalid_field", "data.window_until"},
		{live.DropCoupon, operator, `{"batch_id":"b","window":"time","window_until":"soon"}`, "invalid_field", "data.window_until"},
		{live.DropCoupon, operator, `{"batch_id":"b","window":"time","window_until":"2026-11-21T12:00:00Z"}`, "invalid_field", "data.window_until"},
		{live.DropCoupon, operator, `{"batch_id":"b","colour":1}`, "unknown_field", "data.colour"},
		{live.DropCoupon, operator, `{"batch_id":"nope"}`, "coupon_batch_not_found", ""},
		{live.DropCoupon, operator, `{"batch_id":"usd"}`, "currency_mismatch", ""},
		{live.DropCoupon, operator, `{"batch_id":"scoped"}`, "coupon_product_not_listed", ""},
		{live.DropCoupon, operator, `{"batch_id":"over"}`, "coupon_expired", ""},
		{live.DropCoupon, operator, `{"batch_id":"tiny"}`, "coupon_exhausted", ""},
		{live.DropCoupon, operator, `{"batch_id":"b","show_id":"s2"}`, "wrong_state", ""},
		{live.StopCoupon, operator, `{}`, "coupon_not_dropped", ""},
	} {
		cmd := command(tc.name, fmt.Sprint("x", i), tc.args)
		cmd.By = tc.by
		_, err := s.Execute(t.Context(), cmd)
		if e := wantCode(t, err, tc.code); e.Field != tc.field {
			t.Errorf("%s %s: field %q, want %q", tc.name, tc.args, e.Field, tc.field)
		}
	}
	first := do(t, s, live.DropCoupon, "ok", `{"batch_id":"b"}`)
	if again := do(t, s, live.DropCoupon, "ok", `{"batch_id":"b"}`); !again.Replay || again.Event != first.Event {
		t.Errorf("a repeat = %+v", again)
	}
	_, err := s.Execute(t.Context(), command(live.DropCoupon, "busy", `{"batch_id":"b"}`))
	_ = wantCode(t, err, "coupon_drop_running")
	if _, err := s.Execute(t.Context(), command(live.StopCoupon, "other", `{"batch_id":"tiny"}`)); err == nil {
		t.Error("another batch's drop was stopped")
	}
	// One drop at a time: also when the program forgets to ask.
	if err := s.write(t.Context(), func(t *tx) error {
		_, err := t.once(`INSERT INTO coupon_drops (` + dropColumns + `) SELECT 'x', show_id, task, task_ms, per_person, ends_by, starts_at, ends_at, 0, '', 0, merchant_id, batch_id FROM coupon_drops WHERE batch_id = 'b'`)
		return err
	}); err == nil {
		t.Error("the database took a second drop of one show")
	}
	do(t, s, live.StopCoupon, "stop", `{"batch_id":"b"}`)
	wantCouponEvents(t, s, "dropped", "claimed", "drop_ended exhausted", "dropped", "drop_ended stopped")
}

func TestClaimRefuses(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 5)
	putBatch(t, s, tenOff("b"))
	_, err := claim(s, t, "v1", "b", "")
	_ = wantCode(t, err, "coupon_not_dropped")
	do(t, s, live.DropCoupon, "d", `{"batch_id":"b"}`)
	for name, tc := range map[string]struct {
		change func(*live.ClaimCoupon)
		code   string
	}{
		"staff":          {func(w *live.ClaimCoupon) { w.By = host }, "forbidden"},
		"no batch":       {func(w *live.ClaimCoupon) { w.Batch = "" }, "invalid_field"},
		"bad name":       {func(w *live.ClaimCoupon) { w.Claim = "a b" }, "invalid_field"},
		"other batch":    {func(w *live.ClaimCoupon) { w.Batch = "b2" }, "coupon_not_dropped"},
		"other merchant": {func(w *live.ClaimCoupon) { w.By.Merchant = "m2" }, "forbidden"},
		"other room":     {func(w *live.ClaimCoupon) { w.By.Rooms = []live.RoomID{"r2"} }, "forbidden"},
	} {
		w := live.ClaimCoupon{Room: "r1", Batch: "b", By: viewer("v1")}
		tc.change(&w)
		_, err := s.ClaimCoupon(t.Context(), w)
		if e, ok := errors.AsType[*live.Error](err); !ok || e.Code != tc.code {
			t.Errorf("%s: %v, want %s", name, err, tc.code)
		}
	}
	first, err := claim(s, t, "v1", "b", "n1")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := claim(s, t, "v1", "b", "n1"); err != nil || !again.Replay || again.ID != first.ID {
		t.Errorf("again = %+v, %v", again, err)
	}
	second := mustClaim(t, s, "v1", "b")
	_, err = claim(s, t, "v1", "b", "n3")
	if e := wantCode(t, err, "coupon_limit"); !slices.Equal(e.Data["coupon_ids"].([]string), []string{first.ID, second.ID}) {
		t.Errorf("data = %v", e.Data)
	}
	do(t, s, live.EndShow, "end", ``)
	if again, err := claim(s, t, "v1", "b", "n1"); err != nil || again.ID != first.ID {
		t.Errorf("a retry after the show = %+v, %v", again, err)
	}
	_, err = claim(s, t, "v2", "b", "")
	_ = wantCode(t, err, "show_not_live")
	wantCouponEvents(t, s, "dropped", "claimed", "claimed", "drop_ended show_ended")
}

// Two hundred at once for ten coupons, each person several times, while orders
// are placed with them: never more than the total, never more than the limit.
func TestCouponStorm(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 1000)
	putBatch(t, s, tenOff("b"))
	do(t, s, live.DropCoupon, "d", `{"batch_id":"b","window":"until_stopped"}`)
	var got, full, limited, placed, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 200 {
		who := fmt.Sprint("v", i%5)
		wg.Go(func() {
			c, err := claim(s, t, who, "b", "")
			switch {
			case err == nil:
				got.Add(1)
			case errors.Is(err, &live.Error{Code: "coupon_exhausted"}):
				full.Add(1)
				return
			case errors.Is(err, &live.Error{Code: "coupon_limit"}):
				limited.Add(1)
				return
			default:
				t.Error(err)
				return
			}
			var both sync.WaitGroup
			for j := range 2 { // one coupon, two orders at the same moment
				both.Go(func() {
					switch _, err := buyWith(s, t, who, fmt.Sprintf("c%d-%d", i, j), c.ID, one("a")); {
					case err == nil:
						placed.Add(1)
					case errors.Is(err, &live.Error{Code: "coupon_not_usable"}):
						refused.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			both.Wait()
		})
	}
	wg.Wait()
	if got.Load() != 10 || got.Load()+full.Load()+limited.Load() != 200 || placed.Load() != 10 || refused.Load() != 10 {
		t.Errorf("%d claimed, %d full, %d limited; %d orders, %d refused", got.Load(), full.Load(), limited.Load(), placed.Load(), refused.Load())
	}
	var most int64
	if err := s.reader(t.Context()).row(`SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM coupons GROUP BY person_id) AS each_person`).Scan(&most); err != nil || most > 2 {
		t.Errorf("one person has %d, %v", most, err)
	}
	if err := s.write(t.Context(), func(t *tx) error {
		_, err := t.once(`UPDATE coupon_batches SET claimed = total + 1`)
		return err
	}); err == nil {
		t.Error("the database took more claims than there are coupons")
	}
	// The batch is raised while it is dropped: claims go on.
	b := tenOff("b")
	b.Total = 11
	putBatch(t, s, b)
	_ = mustClaim(t, s, "late", "b")
}

// Watch time counts from the drop, visible time only, no moment twice; it
// stays when the viewer comes back, and over a restart.
func TestCouponForWatching(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path, c)
	stage(t, s, 5)
	putBatch(t, s, tenOff("b"))
	watch := func(who string, from, until time.Duration) {
		s.Watched(live.Watch{Room: "r1", Show: "s1", Person: live.PersonID(who), From: c.now().Add(from), Until: c.now().Add(until)})
	}
	watch("v1", -time.Hour, 0) // before
	do(t, s, live.DropCoupon, "d", `{"batch_id":"b","task":"watch_n","task_minutes":3}`)
	c.add(time.Minute)
	watch("v1", -30*time.Minute, 0) // a minute of it is in the drop
	watch("v1", -time.Minute, 0)    // another page of theirs
	_, err := claim(s, t, "v1", "b", "")
	if e := wantCode(t, err, "task_unmet"); e.Data["watched_ms"] != int64(60_000) || e.Data["needed_ms"] != int64(180_000) {
		t.Errorf("data = %v", e.Data)
	}
	c.add(10 * time.Minute) // away
	watch("v1", -time.Minute, 0)
	if err := s.turnBenefits(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, c)
	_, err = claim(s, t, "v1", "b", "")
	if e := wantCode(t, err, "task_unmet"); e.Data["watched_ms"] != int64(120_000) {
		t.Errorf("data = %v", e.Data)
	}
	c.add(time.Minute)
	watch("v1", -time.Minute, 0)
	_ = mustClaim(t, s, "v1", "b")
	_, err = claim(s, t, "v2", "b", "")
	_ = wantCode(t, err, "task_unmet")
	do(t, s, live.StopCoupon, "s", `{}`)
	var left int64
	if err := s.reader(t.Context()).row(`SELECT COUNT(*) FROM benefit_watch`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d watch times are kept, %v", left, err)
	}
	if len(s.watching.tasks)+len(s.watching.until)+len(s.watching.pending) != 0 {
		t.Errorf("memory holds %+v", s.watching)
	}
}

// Who follows again does not get another one.
func TestCouponForFollowing(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 5)
	putBatch(t, s, tenOff("b"))
	do(t, s, live.DropCoupon, "d", `{"batch_id":"b","task":"follow"}`)
	follow := func(follows bool) {
		if err := s.KeepFollows(t.Context(), []Follow{{Merchant: "m1", Person: "v1", Follows: follows}}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := claim(s, t, "v1", "b", "")
	_ = wantCode(t, err, "task_unmet")
	follow(true)
	_ = mustClaim(t, s, "v1", "b")
	follow(false)
	follow(true)
	follow(true)
	_, err = claim(s, t, "v1", "b", "")
	if e := wantCode(t, err, "coupon_limit"); e.Data["limit"] != int64(1) {
		t.Errorf("data = %v", e.Data)
	}
	follow(false)
	_, err = claim(s, t, "v2", "b", "")
	_ = wantCode(t, err, "task_unmet")
}

// A drop ends by its time, and coupons by theirs, though nobody looks; a coupon
// in an order expires when it comes back.
func TestCouponsEndByTime(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	b := tenOff("b")
	b.ValidFor = 20 * time.Minute
	putBatch(t, s, b)
	began := c.now()
	do(t, s, live.DropCoupon, "d", `{"batch_id":"b","window":"minutes","window_minutes":5}`)
	idle, used := mustClaim(t, s, "v1", "b"), mustClaim(t, s, "v2", "b")
	c.add(10 * time.Minute)
	_, err := claim(s, t, "v3", "b", "")
	_ = wantCode(t, err, "coupon_not_dropped")
	if err := s.turnDrops(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, e := range events(t, s) {
		if e.Kind == live.CouponDropEnded && !e.OccurredAt.Equal(began.Add(5*time.Minute)) {
			t.Errorf("the drop ended %v", e.OccurredAt)
		}
	}
	if _, err := buyWith(s, t, "v2", "c", used.ID, one("a")); err != nil {
		t.Fatal(err)
	}
	c.add(10 * time.Minute)
	_, err = buyWith(s, t, "v1", "c", idle.ID, one("a"))
	why(t, err, "expired")
	for range 2 {
		if err := s.turnBenefits(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantCoupon(t, s, "v1", idle.ID, live.CouponExpiredState, "")
	c.add(5 * time.Minute)
	if _, err := s.expireOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCoupon(t, s, "v2", used.ID, live.CouponExpiredState, "")
	wantCouponEvents(t, s, "dropped", "claimed", "claimed", "drop_ended time", "expired", "returned timeout", "expired")
}

func TestCouponBatches(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	first := putBatch(t, s, tenOff("b"))
	c.add(time.Second)
	b := tenOff("b")
	b.Off, b.Total = 300, 3
	if got := putBatch(t, s, b); !got.CreatedAt.Equal(first.CreatedAt) || got.Off != 300 {
		t.Errorf("changed = %+v", got)
	}
	do(t, s, live.DropCoupon, "d", `{"batch_id":"b"}`)
	k, used := mustClaim(t, s, "v1", "b"), mustClaim(t, s, "v2", "b")
	p, err := buyWith(s, t, "v2", "c", used.ID, one("a"))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*live.CouponBatch){
		"terms": func(b *live.CouponBatch) { b.Off = 100 },
		"scope": func(b *live.CouponBatch) { b.SKUs = []live.SKUID{"a"} },
		"total": func(b *live.CouponBatch) { b.Total = 1 },
	} {
		w := b
		change(&w)
		if _, err := s.PutCouponBatch(t.Context(), w, owner); !errors.Is(err, &live.Error{Code: "coupon_in_use"}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.Title, b.Total = "New", 2
	putBatch(t, s, b)
	_, err = s.PutCouponBatch(t.Context(), tenOff("x"), host)
	_ = wantCode(t, err, "forbidden")
	_, err = s.CouponBatch(t.Context(), "m2", "b")
	_ = wantCode(t, err, "coupon_batch_not_found")
	putBatch(t, s, tenOff("b2"))
	page, next, err := s.CouponBatches(t.Context(), CouponFilter{Merchant: "m1", Limit: 1})
	if err != nil || len(page) != 1 || page[0].ID != "b2" || next == "" {
		t.Fatalf("page = %+v, %q, %v", page, next, err)
	}
	if page, next, err = s.CouponBatches(t.Context(), CouponFilter{Merchant: "m1", Limit: 1, Cursor: next}); err != nil || len(page) != 1 || page[0].ID != "b" || next != "" {
		t.Errorf("page = %+v, %q, %v", page, next, err)
	}

	for range 2 {
		if got, err := s.VoidCouponBatch(t.Context(), "m1", "b", owner); err != nil || !got.Voided {
			t.Fatalf("void = %+v, %v", got, err)
		}
	}
	_, err = buyWith(s, t, "v1", "c", k.ID, one("a"))
	why(t, err, "voided")
	if err := s.turnBenefits(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCoupon(t, s, "v1", k.ID, live.CouponVoidedState, "")
	wantCoupon(t, s, "v2", used.ID, live.CouponHeldState, p.ID) // the order keeps its price
	if _, err := s.CancelOrder(t.Context(), "m1", p.ID, viewer("v2"), s.now()); err != nil {
		t.Fatal(err)
	}
	wantCoupon(t, s, "v2", used.ID, live.CouponVoidedState, "")
	_, err = s.Execute(t.Context(), command(live.DropCoupon, "again", `{"batch_id":"b"}`))
	_ = wantCode(t, err, "coupon_voided")
	wantCouponEvents(t, s, "dropped", "claimed", "claimed", "drop_ended voided", "voided", "returned user", "voided")
	rows, _, err := s.Audit(t.Context(), AuditFilter{Merchant: "m1"})
	if err != nil || !slices.ContainsFunc(rows, func(r AuditRow) bool { return r.Action == "coupon.void" && r.Actor.ID == "owner" }) {
		t.Errorf("the audit has no void, %v", err)
	}
}
