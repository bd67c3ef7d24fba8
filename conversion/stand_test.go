package conversion

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

const hour = time.Hour

func was(kind live.Kind, ref string, after time.Duration) live.PersonFact {
	f := live.PersonFact{Merchant: "m1", Person: "p1", Kind: kind, Ref: ref, At: noon.Add(after), Event: live.EventID(string(kind) + ":" + ref)}
	if c := climbOf[kind]; c != nil {
		f.Class = c.class
		if c.about == aboutShow {
			f.Show = live.ShowID(ref)
		}
	}
	return f
}

func order(id string, zone string, steps ...live.OrderStep) live.PersonOrder {
	for i := range steps {
		steps[i].Event = live.EventID(fmt.Sprint(id, ":", steps[i].Kind, ":", i))
	}
	return live.PersonOrder{Order: live.OrderID(id), Show: "s1", Zone: zone, Steps: steps}
}

func paid(after time.Duration) live.OrderStep {
	return live.OrderStep{At: noon.Add(after), Valid: true, Kind: live.OrderPaid}
}

func gone(after time.Duration, kind live.Kind) live.OrderStep {
	return live.OrderStep{At: noon.Add(after), Kind: kind}
}

// steps writes moves as "passerby+2h(room_entered)".
func steps(s live.Standing) string {
	var out []string
	for _, m := range s.Moves {
		to := m.To
		if to == live.RungNone {
			to = "none"
		}
		out = append(out, fmt.Sprintf("%s+%s(%s)", to, m.At.Sub(noon), m.Kind))
	}
	return strings.Join(out, " ")
}

func TestStand(t *testing.T) {
	for _, tc := range []struct {
		name   string
		facts  []live.PersonFact
		orders []live.PersonOrder
		want   string
	}{
		{"nobody", nil, nil, ""},
		{"an advertisement alone is no rung", []live.PersonFact{was("ad_clicked", "a", 0)}, nil, ""},
		{
			"all the way",
			[]live.PersonFact{was("room_entered", "s1", 0), was("followed", "h", hour), was("partner_approved", "e", 90*hour)},
			[]live.PersonOrder{order("o1", "", paid(2*hour)), order("o2", "", paid(50*hour))},
			"passerby+0s(room_entered) fan+1h0m0s(followed) customer+2h0m0s(order_paid) member+50h0m0s(order_paid) partner+90h0m0s(partner_approved)",
		},
		{
			"two orders of one day are of a customer",
			nil,
			[]live.PersonOrder{order("o1", "", paid(0)), order("o2", "", paid(hour))},
			"customer+0s(order_paid)",
		},
		{
			"a day is one of the show's zone", // 16:30 UTC is 00:30 in Shanghai, the day after 23:30
			nil,
			[]live.PersonOrder{order("o1", "Asia/Shanghai", paid(3*hour+30*time.Minute)), order("o2", "Asia/Shanghai", paid(4*hour+30*time.Minute))},
			"customer+3h30m0s(order_paid) member+4h30m0s(order_paid)",
		},
		{
			"a refund in full takes a step back, to what else holds",
			[]live.PersonFact{was("room_entered", "s1", 0), was("group_joined", "g", hour)},
			[]live.PersonOrder{order("o1", "", paid(2*hour), gone(72*hour, live.RefundSucceeded))},
			"passerby+0s(room_entered) fan+1h0m0s(group_joined) customer+2h0m0s(order_paid) fan+72h0m0s(refund_succeeded)",
		},
		{
			"of two orders one cancelled",
			nil,
			[]live.PersonOrder{order("o1", "", paid(0), gone(100*hour, live.OrderCancelled)), order("o2", "", paid(48*hour))},
			"customer+0s(order_paid) member+48h0m0s(order_paid) customer+100h0m0s(order_cancelled)",
		},
		{
			"nothing left",
			nil,
			[]live.PersonOrder{order("o1", "", paid(0), gone(hour, live.OrderCancelled))},
			"customer+0s(order_paid) none+1h0m0s(order_cancelled)",
		},
		{
			"a suspended partner, approved again",
			[]live.PersonFact{was("partner_approved", "1", 0), was("partner_suspended", "2", hour), was("partner_approved", "3", 2*hour)},
			[]live.PersonOrder{order("o1", "", paid(30*time.Minute))},
			"partner+0s(partner_approved) customer+1h0m0s(partner_suspended) partner+2h0m0s(partner_approved)",
		},
		{
			"two facts of one instant are one move, of the rule that won",
			[]live.PersonFact{was("room_entered", "s1", 0), was("followed", "h", 0)},
			nil,
			"fan+0s(followed)",
		},
	} {
		s := DefaultLadder().Stand(live.PersonRecord{Facts: tc.facts, Orders: tc.orders})
		if got := steps(s); got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", tc.name, got, tc.want)
		}
	}
}

func TestStandByOtherRules(t *testing.T) {
	l, err := ParseLadder([]byte(strings.Replace(string(defaultLadder), `{"fact": "followed"}`, `{"fact": "room_entered", "at_least": 3}`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	facts := []live.PersonFact{was("room_entered", "s1", 0), was("room_entered", "s2", 24*hour), was("room_entered", "s2", 25*hour), was("room_entered", "s3", 48*hour)}
	if got, want := steps(l.Stand(live.PersonRecord{Facts: facts})), "passerby+0s(room_entered) fan+48h0m0s(room_entered)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTouchesBefore(t *testing.T) {
	served := was("service_session_started", "x", 3*hour)
	served.Agent = "a1"
	facts := []live.PersonFact{
		was("room_entered", "s1", 0), was("coupon_claimed", "b1", hour), was("referral_clicked", "p9", -200*hour), served,
		was("followed", "h", 5*hour), was("coupon_claimed", "b2", 6*hour),
	}
	s := DefaultLadder().Stand(live.PersonRecord{Facts: facts})
	fan := s.Moves[1]
	var got []string
	for _, x := range fan.Touches {
		got = append(got, fmt.Sprint(x.Class, " ", x.Ref, " ", x.Agent))
	}
	// Not the referral, which is out of the window, nor the coupon after it.
	if d := cmp.Diff([]string{"service x a1", "offer b1 ", "show s1 "}, got); d != "" {
		t.Errorf("touches (-want +got):\n%s", d)
	}
	if s.Agent != "a1" || s.Show != "s1" || s.Incentive || !s.FirstAt.Equal(noon.Add(-200*hour)) {
		t.Errorf("origin = %+v", s)
	}
}

func TestIncentive(t *testing.T) {
	scanned := was("group_joined", "g", hour)
	scanned.Scene = "qr"
	invited := was("group_joined", "g", hour)
	invited.Scene = "direct_invite"
	for _, tc := range []struct {
		name  string
		facts []live.PersonFact
		want  bool
	}{
		{"scanned a code", []live.PersonFact{scanned}, true},
		{"was invited", []live.PersonFact{invited}, false},
		{"for a packet in the show", []live.PersonFact{was("room_entered", "s1", 0), was("red_packet_claimed", "k", time.Minute), was("followed", "h", hour)}, true},
		{"served before", []live.PersonFact{was("contact_added", "a", 0), was("red_packet_claimed", "k", time.Minute), was("followed", "h", hour)}, false},
		{"only watched", []live.PersonFact{was("room_entered", "s1", 0), was("followed", "h", hour)}, false},
		{"no fan", []live.PersonFact{was("red_packet_claimed", "k", 0)}, false},
	} {
		if s := DefaultLadder().Stand(live.PersonRecord{Facts: tc.facts}); s.Incentive != tc.want {
			t.Errorf("%s: incentive %t", tc.name, s.Incentive)
		}
	}
}

// aRecord draws what a person may have done, much of it at the same instants.
func aRecord(t *rapid.T) live.PersonRecord {
	var r live.PersonRecord
	for i := range rapid.IntRange(0, 14).Draw(t, "facts") {
		c := rapid.SampledFrom(climbs).Draw(t, "kind")
		f := was(c.kind, fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "ref")), time.Duration(rapid.IntRange(0, 200).Draw(t, "at"))*hour)
		f.Event = live.EventID(fmt.Sprint("e", i))
		f.Scene = rapid.SampledFrom([]string{"", "qr", "link"}).Draw(t, "scene")
		r.Facts = append(r.Facts, f)
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "orders") {
		o := live.PersonOrder{Order: live.OrderID(fmt.Sprint("o", i)), Zone: rapid.SampledFrom([]string{"", "Asia/Shanghai", "America/New_York"}).Draw(t, "zone")}
		at, valid := 0, false
		for n := range rapid.IntRange(0, 4).Draw(t, "steps") {
			at += rapid.IntRange(1, 60).Draw(t, "later")
			valid = !valid
			kind := live.OrderPaid
			if !valid {
				kind = live.RefundSucceeded
			}
			o.Steps = append(o.Steps, live.OrderStep{At: noon.Add(time.Duration(at) * hour), Valid: valid, Kind: kind, Event: live.EventID(fmt.Sprint(o.Order, ":", n))})
		}
		r.Orders = append(r.Orders, o)
	}
	return r
}

// TestStandIsOfTheSet: any order, anything twice, and under any name.
func TestStandIsOfTheSet(t *testing.T) {
	l := DefaultLadder()
	rapid.Check(t, func(t *rapid.T) {
		r := aRecord(t)
		want := l.Stand(r)
		again := live.PersonRecord{Facts: append(append([]live.PersonFact(nil), r.Facts...), r.Facts...), Orders: append(append([]live.PersonOrder(nil), r.Orders...), r.Orders...)}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		rng.Shuffle(len(again.Facts), func(i, j int) { again.Facts[i], again.Facts[j] = again.Facts[j], again.Facts[i] })
		rng.Shuffle(len(again.Orders), func(i, j int) { again.Orders[i], again.Orders[j] = again.Orders[j], again.Orders[i] })
		for i := range again.Facts {
			again.Facts[i].Person = live.PersonID(fmt.Sprint("p", rng.IntN(3)))
		}
		if d := cmp.Diff(want, l.Stand(again)); d != "" {
			t.Fatalf("the same facts, told otherwise (-first +then):\n%s", d)
		}
	})
}

// TestStandHolds: a history is a chain, its last rung is the one that a fresh
// look at everything finds, every cause is a fact that was told, and what comes
// later changes nothing of what was before.
func TestStandHolds(t *testing.T) {
	l := DefaultLadder()
	rapid.Check(t, func(t *rapid.T) {
		r := aRecord(t)
		s := l.Stand(r)
		told := map[live.EventID]time.Time{}
		for _, f := range r.Facts {
			told[f.Event] = f.At
		}
		for _, o := range r.Orders {
			for _, x := range o.Steps {
				told[x.Event] = x.At
			}
		}
		from := live.RungNone
		for i, m := range s.Moves {
			if m.From != from || m.To == from || i > 0 && !m.At.After(s.Moves[i-1].At) {
				t.Fatalf("move %d of %s", i, steps(s))
			}
			if at, ok := told[m.Cause]; !ok || !at.Equal(m.At) {
				t.Fatalf("%s was caused by %q, told at %v", m.To, m.Cause, at)
			}
			for n, x := range m.Touches {
				if x.At.After(m.At) || x.Event == m.Cause || n > 0 && x.At.After(m.Touches[n-1].At) {
					t.Fatalf("touches of %s: %+v", m.To, m.Touches)
				}
			}
			if s.Reached[m.To.Level()-min(1, m.To.Level())].IsZero() && m.To != live.RungNone {
				t.Fatalf("%s was reached, and is not dated", m.To)
			}
			from = m.To
		}
		if s.Rung != from {
			t.Fatalf("stands on %q after %s", s.Rung, steps(s))
		}
		until := noon.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "until")) * hour)
		var before live.PersonRecord
		for _, f := range r.Facts {
			if !f.At.After(until) {
				before.Facts = append(before.Facts, f)
			}
		}
		for _, o := range r.Orders {
			n := 0
			for n < len(o.Steps) && !o.Steps[n].At.After(until) {
				n++
			}
			o.Steps = o.Steps[:n]
			before.Orders = append(before.Orders, o)
		}
		n := 0
		for n < len(s.Moves) && !s.Moves[n].At.After(until) {
			n++
		}
		if d := cmp.Diff(s.Moves[:n:n], l.Stand(before).Moves, cmp.Transformer("none", func(m []live.LadderMove) []live.LadderMove { return append([]live.LadderMove{}, m...) })); d != "" {
			t.Fatalf("what came after %s changed what was (-whole +then):\n%s", until, d)
		}
	})
}

// TestOrderSteps: an order is valid by what happened when, whenever it was told.
func TestOrderSteps(t *testing.T) {
	at := func(h int) time.Time { return noon.Add(time.Duration(h) * hour) }
	created := live.OrderFact{Kind: live.OrderCreated, At: at(0), Currency: "CNY", Person: "p1", Lines: []live.OrderLine{{ID: "l1", SKU: "a", Qty: 1, Goods: 1000}}}
	pay := live.OrderFact{Kind: live.OrderPaid, ID: "y", At: at(1), Currency: "CNY", PaidMinor: 1000}
	part := live.OrderFact{Kind: live.RefundSucceeded, ID: "r1", At: at(24), Currency: "CNY", Refunds: []live.RefundLine{{Line: "l1", Goods: 400}}}
	rest := live.OrderFact{Kind: live.RefundSucceeded, ID: "r2", At: at(48), Currency: "CNY", Refunds: []live.RefundLine{{Line: "l1", Goods: 600}}}
	cancel := live.OrderFact{Kind: live.OrderCancelled, At: at(72), CancelType: live.CancelAllRefunded}
	for _, tc := range []struct {
		name  string
		facts []live.OrderFact
		want  string
	}{
		{"created", []live.OrderFact{created}, ""},
		{"paid", []live.OrderFact{created, pay}, "1h0m0s order_paid y true"},
		{"a part back", []live.OrderFact{part, pay, created}, "1h0m0s order_paid y true"},
		{"all back, told backwards", []live.OrderFact{cancel, rest, part, pay, created}, "1h0m0s order_paid y true, 48h0m0s refund_succeeded r2 false"},
		{"cancelled unpaid", []live.OrderFact{created, cancel}, ""},
		{"paid and cancelled", []live.OrderFact{created, pay, cancel}, "1h0m0s order_paid y true, 72h0m0s order_cancelled  false"},
	} {
		var got []string
		for _, s := range live.OrderSteps("m1", "o1", tc.facts) {
			got = append(got, fmt.Sprint(s.At.Sub(noon), " ", s.Kind, " ", s.Fact, " ", s.Valid))
		}
		if d := cmp.Diff(tc.want, strings.Join(got, ", ")); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
	}
}
