package attribution

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// moneyCases is how many orders TestCreditsAreTheMoney divides: 20,000, or what
// SHOWRUNNER_TEST_CASES says.
func moneyCases(t *testing.T) int {
	t.Helper()
	s := os.Getenv("SHOWRUNNER_TEST_CASES")
	if s == "" {
		return 20_000
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("SHOWRUNNER_TEST_CASES: %v", err)
	}
	return n
}

var moneyChannels = []string{"direct", "ads", "group", "private/group", "live_room", ""}

// anyOrder is an order of any size, by any touches: many at once, none, of
// before the window, after the payment, and of the buyer on themselves.
func anyOrder(r *rand.Rand) conversion.Journey {
	j := conversion.Journey{Order: "o", Person: "p", At: day0, Currency: "CNY"}
	switch r.IntN(10) {
	case 0:
		j.Value = r.Int64N(4)
	case 1:
		j.Value = r.Int64N(live.MaxMinor)
	default:
		j.Value = r.Int64N(100_000)
	}
	for i := range r.IntN(12) {
		x := conversion.Touchpoint{
			At: day0.Add(-time.Duration(r.IntN(9*24*60)) * time.Minute), Position: live.Position{Seq: uint64(r.IntN(1000)), Index: uint32(i)},
			Channel: moneyChannels[r.IntN(len(moneyChannels))], Stage: live.Stages[r.IntN(4)],
		}
		switch r.IntN(12) {
		case 0:
			x.At = day0
		case 1:
			x.At = day0.Add(time.Minute)
		case 2:
			x.Referrer = "p"
		}
		j.Touches = append(j.Touches, x)
	}
	return j
}

// kept is how the order is kept beside the order book: the weights, by part.
func kept(o *Order) (c live.OrderCredit) {
	at := map[live.CreditPart]int{}
	for i := range o.Credits {
		part := live.CreditPart{Stage: o.Credits[i].Touch.Stage, Channel: o.Credits[i].Touch.Channel}
		n, ok := at[part]
		if !ok {
			n = len(c.Parts)
			at[part] = n
			c.Parts = append(c.Parts, part)
		}
		c.Of, c.Weights = append(c.Of, n), append(c.Weights, o.Credits[i].Weight)
	}
	return c
}

// dividedRight reports what is wrong with one order by one model.
func dividedRight(o *Order, c *live.OrderCredit, value int64) error {
	sum := o.Unattributed
	byPart := make([]int64, len(c.Parts))
	for i := range o.Credits {
		sum += o.Credits[i].Minor
		byPart[c.Of[i]] += o.Credits[i].Minor
	}
	if sum != value || o.Value != value {
		return fmt.Errorf("credits sum to %d of %d", sum, value)
	}
	parts, rest := c.Split(value)
	if rest != o.Unattributed {
		return fmt.Errorf("%d is kept as unattributed, not %d", rest, o.Unattributed)
	}
	for i := range parts {
		if parts[i] != byPart[i] {
			return fmt.Errorf("part %d is kept as %d, not %d", i, parts[i], byPart[i])
		}
	}
	return nil
}

// For every model, every order and after every refund, the credits are the
// money: by order for the rule models, each also as it is kept for refunds, and
// by the set of orders for the chain and the game.
func TestCreditsAreTheMoney(t *testing.T) {
	cases := moneyCases(t)
	const set = 100 // orders that one chain is made of
	var next, refunds atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for {
				from := int(next.Add(set)) - set
				if from >= cases || t.Failed() {
					return
				}
				n, err := divideSet(rand.New(rand.NewPCG(uint64(from), 11)), set)
				refunds.Add(n)
				if err != nil {
					t.Errorf("orders from %d: %v", from, err)
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d orders, %d refunds, %d models each", cases, refunds.Load(), len(Models())+2)
	if refunds.Load() < int64(cases) {
		t.Errorf("%d refunds of %d orders", refunds.Load(), cases)
	}
}

func divideSet(r *rand.Rand, set int) (refunds int64, err error) {
	plan := Plan{Policy: conversion.Policy{Window: conversion.DefaultWindow}}
	journeys := make([]conversion.Journey, set)
	for i := range journeys {
		journeys[i] = anyOrder(r)
		lefts := []int64{journeys[i].Value}
		for left := journeys[i].Value; left > 0; lefts = append(lefts, left) {
			if left -= 1 + r.Int64N(left); len(lefts) == 4 {
				left = 0
			}
		}
		refunds += int64(len(lefts)) - 1
		for _, plan.Model = range models {
			o := plan.divide(&journeys[i])
			c := kept(&o)
			for _, left := range lefts {
				o, _ = o.Revalue(left)
				if err := dividedRight(&o, &c, left); err != nil {
					return 0, fmt.Errorf("%s: %w: %+v", plan.Model.Name(), err, journeys[i])
				}
			}
			for k := range o.Credits {
				if o.Credits[k].Minor != 0 {
					return 0, fmt.Errorf("%s: a full refund leaves %d: %+v", plan.Model.Name(), o.Credits[k].Minor, journeys[i])
				}
			}
		}
	}
	lost := []LostPath{{[]string{"ads"}, 1 + r.Int64N(9)}, {[]string{"group", "live_room"}, r.Int64N(3)}}
	for range 3 { // The sale, and twice after some refunds.
		var money int64
		for i := range journeys {
			money += journeys[i].Value
		}
		for _, model := range []string{"markov", "shapley"} {
			list, err := ByCurrency(Options{Model: model, Order: 1 + r.IntN(2)}, plan.Policy, journeys, lost, ByChannel)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", model, err)
			}
			sum := list[0].UnattributedMinor
			for _, k := range list[0].Keys {
				sum += k.Minor
			}
			if len(list) != 1 || sum != money || list[0].Minor != money {
				return 0, fmt.Errorf("%s: credits of %d orders sum to %d of %d", model, set, sum, money)
			}
		}
		for i := range journeys {
			if r.IntN(2) == 0 {
				journeys[i].Value = r.Int64N(journeys[i].Value + 1)
			}
		}
	}
	return refunds, nil
}

func TestByCurrency(t *testing.T) {
	yuan, dollar := path(1, 900, "a", "b"), path(2, 50, "b")
	dollar.Currency = "USD"
	got, err := ByCurrency(Options{Model: "markov"}, conversion.Policy{}, []conversion.Journey{dollar, yuan}, []LostPath{{[]string{"b"}, 3}}, ByChannel)
	if err != nil || len(got) != 2 || got[0].Currency != "CNY" || got[1].Currency != "USD" {
		t.Fatalf("%+v, %v", got, err)
	}
	// Those who bought nothing are journeys of both.
	if got[0].Journeys != 4 || got[1].Journeys != 4 || got[0].Minor != 900 || got[1].Minor != 50 {
		t.Errorf("%+v", got)
	}
	if _, err := ByCurrency(Options{Model: "magic"}, conversion.Policy{}, nil, nil, ByChannel); err == nil {
		t.Error("an unknown model was taken")
	}
	d, _ := conversion.DimensionOf("stage")
	yuan.Touches[0].Stage = live.StageLead
	if k := Keyed([]conversion.Journey{yuan}, d); k[0].Touches[0].Channel != "lead" || yuan.Touches[0].Channel != "a" {
		t.Errorf("keyed: %+v of %+v", k[0].Touches, yuan.Touches)
	}
}
