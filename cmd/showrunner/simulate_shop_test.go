package main

import (
	"encoding/base64"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/sim"
)

// TestSimSign holds the signature against the example that Standard Webhooks
// publishes for implementers.
func TestSimSign(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	h := simSign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	for name, want := range map[string]string{
		"Webhook-Id":        "msg_p5jXN8AQM9LWM0D4loKWxJek",
		"Webhook-Timestamp": "1614265330",
		"Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestSimShopExpiry(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := &simShop{}
	s.expires(simPlaced{ID: "a", Expires: at})
	s.expires(simPlaced{ID: "b", Expires: at.Add(time.Minute), Discount: 10})
	s.expires(simPlaced{ID: "c", Expires: at})
	s.closed("c")
	for _, tc := range []struct {
		at      time.Time
		want    int64
		coupons int64
	}{{at.Add(-time.Second), 0, 0}, {at, 1, 0}, {at.Add(time.Minute), 2, 1}} {
		if got, coupons := s.expired(tc.at); got != tc.want || coupons != tc.coupons {
			t.Errorf("expired at %s: got %d with %d coupons, want %d with %d", tc.at, got, coupons, tc.want, tc.coupons)
		}
	}
}

func TestSimPriced(t *testing.T) {
	script, err := sim.New(sim.Config{Seed: 1, Viewers: 10, Minutes: 10})
	if err != nil {
		t.Fatal(err)
	}
	var cut *sim.Cue
	for i := range script.Crew {
		if script.Crew[i].Command == live.SetPrice {
			cut = &script.Crew[i]
		}
	}
	if cut == nil {
		t.Fatal("the crew never changes a price")
	}
	price := map[live.SKUID]int64{}
	for _, o := range script.Shelf {
		price[o.SKU] = o.Price
	}
	steady := script.Shelf[0].SKU
	r := &simRun{script: script}
	for _, tc := range []struct {
		name  string
		lines []live.OrderLine
		total int64
		ok    bool
	}{
		{"shelf price", []live.OrderLine{{SKU: steady, Qty: 2}}, 2 * price[steady], true},
		{"one cent less", []live.OrderLine{{SKU: steady, Qty: 2}}, 2*price[steady] - 1, false},
		{"before the price cut", []live.OrderLine{{SKU: cut.Args.SKU, Qty: 1}}, price[cut.Args.SKU], true},
		{"after the price cut", []live.OrderLine{{SKU: cut.Args.SKU, Qty: 3}}, 3 * cut.Args.Price, true},
		{"cut price of another SKU", []live.OrderLine{{SKU: steady, Qty: 1}}, cut.Args.Price, price[steady] == cut.Args.Price},
		{"two lines", []live.OrderLine{{SKU: steady, Qty: 1}, {SKU: script.Shelf[3].SKU, Qty: 1}}, price[steady] + script.Shelf[3].Price, true},
	} {
		o := sim.Order{Lines: tc.lines}
		err := r.priced(&o, tc.total)
		if (err == nil) != tc.ok {
			t.Errorf("%s: got error %v", tc.name, err)
		}
		if err == nil && o.Due() != tc.total {
			t.Errorf("%s: the lines sum to %d, want %d", tc.name, o.Due(), tc.total)
		}
	}
}
