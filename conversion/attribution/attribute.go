package attribution

import (
	"cmp"
	"slices"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// Plan is how orders are divided: which touches may earn, and by what model.
type Plan struct {
	Model  Model
	Policy conversion.Policy
	// Cycles lets a touch earn one order alone, see [conversion.Cycles].
	Cycles bool
}

// Result is what a plan made of a set of orders. It names everything that the
// numbers depend on, so that no two of them are compared by mistake.
type Result struct {
	Model   string
	Params  map[string]string // see Model
	Version int               // of the arithmetic, see [Version]
	Window  time.Duration     // of Policy
	Policy  conversion.Policy
	Cycles  bool
	Rules   []string // versions of the rules that made the touches, sorted
	Orders  []Order  // sorted by order id
	Totals  []Total  // one per currency, sorted by currency
}

// Order is one order divided. The credits and Unattributed sum to Value.
type Order struct {
	Order        live.OrderID
	Currency     live.Currency
	Value        int64
	Unattributed int64 // Value if no touch was admitted, else 0
	Credits      []conversion.Credit
	// Touches are those that were admitted, ascending, also those that the model
	// gave nothing.
	Touches []conversion.Touchpoint
}

// Total is the money of one currency by channel and by stage. Each of the two
// lists plus Unattributed sums to Value exactly.
type Total struct {
	Currency           live.Currency
	Orders             int64
	Value              int64
	Unattributed       int64
	UnattributedOrders int64
	ByChannel          []Share
	ByStage            []Share
}

// Share is what one key earned.
type Share struct {
	Key   string
	Minor int64
	// Orders counts the orders in which the key had a part. An order with
	// several parts counts for each of them, so this does not add up.
	Orders int64
}

// Attribute divides the value of every journey by the model over its touches
// inside the window (see [conversion.Journey.Within]). Journeys may come in any
// order; each order id is expected once.
func Attribute(m Model, journeys []conversion.Journey, window time.Duration) Result {
	return Plan{Model: m, Policy: conversion.Policy{Window: window}}.Attribute(journeys)
}

// Attribute divides the value of every journey. Journeys may come in any order;
// each order id is expected once.
func (p Plan) Attribute(journeys []conversion.Journey) Result {
	r := Result{
		Model: p.Model.Name(), Params: p.Model.Params(), Version: Version,
		Window: p.Policy.Window, Policy: p.Policy, Cycles: p.Cycles, Orders: make([]Order, 0, len(journeys)),
	}
	if p.Cycles {
		journeys = conversion.Cycles(journeys)
	}
	for i := range journeys {
		r.Orders = append(r.Orders, p.divide(&journeys[i]))
	}
	slices.SortStableFunc(r.Orders, func(a, b Order) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Value, b.Value))
	})
	r.Rules = r.rules()
	r.Totals = r.total()
	return r
}

func (r *Result) rules() (versions []string) {
	for i := range r.Orders {
		for k := range r.Orders[i].Touches {
			if v := r.Orders[i].Touches[k].Rule; !slices.Contains(versions, v) {
				versions = append(versions, v)
			}
		}
	}
	slices.Sort(versions)
	return versions
}

// Weigh are the touches of a journey that may earn, ascending, and the weight of
// each; at least one is positive if there are any.
func (p *Plan) Weigh(j *conversion.Journey) (touches []conversion.Touchpoint, weights []int64) {
	touches = p.Policy.Admit(j)
	if len(touches) == 0 {
		return nil, nil
	}
	weights = p.Model.Weights(nil, touches)
	if slices.Max(weights) <= 0 { // Then all have a part.
		for i := range weights {
			weights[i] = 1
		}
	}
	return touches, weights
}

func (p *Plan) divide(j *conversion.Journey) Order {
	o := Order{Order: j.Order, Currency: j.Currency, Value: j.Value}
	var weights []int64
	o.Touches, weights = p.Weigh(j)
	if len(o.Touches) == 0 {
		o.Unattributed = j.Value
		return o
	}
	for i, minor := range live.SplitMinor(j.Value, weights) {
		if weights[i] <= 0 {
			continue
		}
		o.Credits = append(o.Credits, conversion.Credit{
			Order: j.Order, Currency: j.Currency, Touch: o.Touches[i], Weight: weights[i], Minor: minor,
		})
	}
	return o
}

func (r *Result) total() []Total {
	var totals []Total
	at := map[live.Currency]int{}
	for i := range r.Orders {
		o := &r.Orders[i]
		n, ok := at[o.Currency]
		if !ok {
			n = len(totals)
			at[o.Currency] = n
			totals = append(totals, Total{Currency: o.Currency})
		}
		t := &totals[n]
		t.Orders++
		t.Value += o.Value
		t.Unattributed += o.Unattributed
		if len(o.Credits) == 0 {
			t.UnattributedOrders++
		}
	}
	slices.SortFunc(totals, func(a, b Total) int { return cmp.Compare(a.Currency, b.Currency) })
	for i := range totals {
		t := &totals[i]
		t.ByChannel = r.By(t.Currency, func(c *conversion.Credit) string { return c.Touch.Channel })
		t.ByStage = r.By(t.Currency, func(c *conversion.Credit) string { return string(c.Touch.Stage) })
		slices.SortFunc(t.ByStage, func(a, b Share) int { return byStage(&a, &b) })
	}
	return totals
}

// By adds up the credits of one currency by any key, most money first, equal
// money by key. The shares and the currency's unattributed money sum to its value.
func (r *Result) By(currency live.Currency, key func(*conversion.Credit) string) []Share {
	return r.ByOf(currency, func(c *conversion.Credit) (string, bool) { return key(c), true })
}

// ByOf is [Result.By] of those credits alone for which key says true.
func (r *Result) ByOf(currency live.Currency, key func(*conversion.Credit) (string, bool)) []Share {
	sums := keySums{}
	for i := range r.Orders {
		o := &r.Orders[i]
		if o.Currency != currency {
			continue
		}
		for k := range o.Credits {
			if name, ok := key(&o.Credits[k]); ok {
				sums.of(name).add(i, o.Credits[k].Minor)
			}
		}
	}
	return sums.shares()
}

// keySum is what one key earned so far.
type keySum struct {
	Share
	last int // the newest order counted
}

// add adds what the key earned of an order, whose parts come one after the other.
func (s *keySum) add(order int, minor int64) {
	s.Minor += minor
	if s.last != order {
		s.last = order
		s.Orders++
	}
}

// keySums are what keys earned so far.
type keySums map[string]*keySum

func (sums keySums) of(key string) *keySum {
	s := sums[key]
	if s == nil {
		s = &keySum{Share{Key: key}, -1}
		sums[key] = s
	}
	return s
}

// shares are the sums, most money first, equal money by key.
func (sums keySums) shares() []Share {
	shares := make([]Share, 0, len(sums))
	for _, s := range sums {
		shares = append(shares, s.Share)
	}
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Minor, a.Minor), cmp.Compare(a.Key, b.Key))
	})
	return shares
}

// byStage orders shares along the chain; those of no stage come last, by their order
// of money.
func byStage(a, b *Share) int {
	return cmp.Or(cmp.Compare(stageRank(a.Key), stageRank(b.Key)), cmp.Compare(b.Minor, a.Minor), cmp.Compare(a.Key, b.Key))
}

// stageRank orders the stages along the chain.
func stageRank(s string) int {
	if i := slices.Index(live.Stages, live.Stage(s)); i >= 0 {
		return i
	}
	return len(live.Stages)
}
