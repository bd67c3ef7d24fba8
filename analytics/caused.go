package analytics

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"showrunner/live"
)

// RungFlow is how often people moved from one rung of the ladder to another
// because of something in the show: a follow, an order, a refund of it.
type RungFlow struct {
	From, To live.Rung
	Moves    int64 // those that were withdrawn since are not in it
}

// Earned is what the orders of a show earn one referrer in one currency, in
// minor units.
type Earned struct {
	Referrer          live.PersonID // empty: of orders whose buyer belonged to nobody
	Currency          live.Currency
	Orders            int64
	Accrued, Reversed int64
}

// Due is what is owed to them.
func (e *Earned) Due() int64 { return e.Accrued - e.Reversed }

// earnedKey is whose an [Earned] is.
type earnedKey struct {
	currency live.Currency
	referrer live.PersonID
}

// earned is an [Earned] while it is folded.
type earned struct {
	Earned
	orders map[live.OrderID]struct{}
}

// CommissionKinds are the facts that [Earned] is counted from.
var CommissionKinds = []live.Kind{live.CommissionAccrued, live.CommissionReversed}

// addCaused takes in a move on the ladder, or what somebody earns.
func (f *Fold) addCaused(e *live.Event) {
	switch e.Kind {
	case live.LadderChanged:
		var d struct {
			From      live.Rung `json:"from"`
			To        live.Rung `json:"to"`
			Withdrawn bool      `json:"withdrawn"`
		}
		if json.Unmarshal(e.Data, &d) != nil { // The store wrote it.
			return
		}
		if f.flows == nil {
			f.flows = map[[2]live.Rung]int64{}
		}
		by := int64(1)
		if d.Withdrawn {
			by = -1
		}
		f.flows[[2]live.Rung{d.From, d.To}] += by
	case live.CommissionAccrued, live.CommissionReversed:
		var d struct {
			Order    live.OrderID  `json:"order_id"`
			Referrer live.PersonID `json:"referrer"`
			Currency live.Currency `json:"currency"`
			Minor    int64         `json:"commission_minor"`
		}
		if json.Unmarshal(e.Data, &d) != nil { // Likewise.
			return
		}
		if f.earned == nil {
			f.earned = map[earnedKey]*earned{}
		}
		key := earnedKey{d.Currency, d.Referrer}
		x := f.earned[key]
		if x == nil {
			x = &earned{Earned{Referrer: d.Referrer, Currency: d.Currency}, map[live.OrderID]struct{}{}}
			f.earned[key] = x
		}
		x.orders[d.Order] = struct{}{}
		x.Orders = int64(len(x.orders))
		if e.Kind == live.CommissionAccrued {
			x.Accrued += d.Minor
		} else {
			x.Reversed += d.Minor
		}
	}
}

// caused are the moves and commissions of the fold.
func (f *Fold) caused(out *Figures) {
	for pair, moves := range f.flows {
		out.Ladder = append(out.Ladder, RungFlow{pair[0], pair[1], moves})
	}
	for _, x := range f.earned {
		out.Earned = append(out.Earned, x.Earned)
	}
}

// tidyCaused puts moves from the lowest rung up, and referrers with the most
// owed first within a currency.
func (f *Figures) tidyCaused() {
	f.Ladder = kept(f.Ladder, func(x *RungFlow) bool { return x.Moves != 0 }, func(a, b RungFlow) int {
		return cmp.Or(cmp.Compare(a.From.Level(), b.From.Level()), cmp.Compare(a.To.Level(), b.To.Level()))
	})
	f.Earned = kept(f.Earned, func(x *Earned) bool { return x.Orders != 0 }, func(a, b Earned) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(b.Due(), a.Due()), cmp.Compare(a.Referrer, b.Referrer))
	})
}

// RungNames are the rungs as people call them.
var RungNames = map[live.Rung][2]string{
	live.RungNone: {"未上梯", "none"}, live.RungPasserby: {"路人", "passerby"}, live.RungFan: {"粉丝", "fan"}, live.RungCustomer: {"客户", "customer"},
	live.RungMember: {"会员", "member"}, live.RungPartner: {"合伙人", "partner"},
}

// LadderTable shows the moves on the ladder that the show caused. That somebody
// comes to the foot of it is told by their entry and is none.
func LadderTable(f *Figures) Table {
	t := Table{Columns: []Column{
		{Key: "from", ZH: "原层级", EN: "from", Unit: UnitText},
		{Key: "to", ZH: "新层级", EN: "to", Unit: UnitText},
		{Key: "name_zh", ZH: "变动", EN: "move", Unit: UnitText, Formula: "from one rung to another"},
		{Key: "name_en", ZH: "变动", EN: "move", Unit: UnitText, Formula: "from one rung to another"},
		{Key: "moves_caused_up", ZH: "升级次数", EN: "moves up", Unit: UnitCount, Formula: "moves up the ladder whose cause happened in the show, without those that turned out otherwise since"},
		{Key: "moves_caused_down", ZH: "降级次数", EN: "moves down", Unit: UnitCount, Formula: "moves down the ladder whose cause happened in the show, such as a refund of one of its orders"},
	}}
	for _, x := range f.Ladder {
		from, to := RungNames[x.From], RungNames[x.To]
		up, down := x.Moves, int64(0)
		if x.To.Level() < x.From.Level() {
			up, down = down, up
		}
		t.Rows = append(t.Rows, []Cell{
			textCell(string(x.From)), textCell(string(x.To)), textCell(from[0] + " → " + to[0]), textCell(from[1] + " → " + to[1]), numCell(up), numCell(down),
		})
	}
	return t
}

// EarnedTable shows what the orders of the show earn whom, by currency. The rows
// of a currency sum to its commission: the one without a referrer is of orders
// whose buyer belonged to nobody.
func EarnedTable(f *Figures) Table {
	t := Table{Columns: []Column{
		{Key: "referrer_id", ZH: "推荐人", EN: "referrer", Unit: UnitText, Formula: "empty: of orders whose buyer belonged to nobody"},
		{Key: "currency", ZH: "币种", EN: "currency", Unit: UnitText},
		{Key: "commission_orders", ZH: "佣金订单数", EN: "orders with commission", Unit: UnitCount, Formula: "orders of the show that earned the referrer something"},
		like("commission_accrued_minor"), like("commission_reversed_minor"), like("commission_minor"),
	}}
	list := slices.Clone(f.Earned)
	rest := map[live.Currency]*Earned{}
	for i := range f.Money {
		m := &f.Money[i]
		rest[m.Currency] = &Earned{Currency: m.Currency, Accrued: m.CommissionAccrued, Reversed: m.CommissionReversed}
	}
	for i := range list {
		if r := rest[list[i].Currency]; r != nil {
			r.Accrued -= list[i].Accrued
			r.Reversed -= list[i].Reversed
		}
	}
	for _, c := range slices.Sorted(maps.Keys(rest)) {
		if r := rest[c]; r.Accrued != 0 || r.Reversed != 0 {
			list = append(list, *r)
		}
	}
	slices.SortStableFunc(list, func(a, b Earned) int { return cmp.Compare(a.Currency, b.Currency) })
	for i := range list {
		x := &list[i]
		t.Rows = append(t.Rows, []Cell{
			textCell(string(x.Referrer)), textCell(string(x.Currency)), numCell(x.Orders), numCell(x.Accrued), numCell(x.Reversed), numCell(x.Due()),
		})
	}
	return t
}
