package tracker

import (
	"encoding/json"

	"showrunner/conversion"
	"showrunner/live"
	"showrunner/live/store"
)

// gathering is what a piece of the log has for the ladder, each thing once.
type gathering struct {
	batch  store.LadderBatch
	facts  map[factName]int // place in batch.Facts
	orders map[store.LadderOrder]bool
	merges map[store.LadderMerge]bool
}

// factName tells facts of people apart.
type factName struct {
	merchant live.MerchantID
	person   live.PersonID
	kind     live.Kind
	ref      string
}

func newGathering() *gathering {
	return &gathering{facts: map[factName]int{}, orders: map[store.LadderOrder]bool{}, merges: map[store.LadderMerge]bool{}}
}

func (g *gathering) size() int { return len(g.batch.Facts) + len(g.batch.Orders) + len(g.batch.Merges) }

func (g *gathering) add(e *live.Event) {
	switch {
	case e.Kind == live.IdentityMerged, e.Kind == live.IdentityUnmerged:
		var d struct {
			Merge int64 `json:"merge"`
		}
		if json.Unmarshal(e.Data, &d) != nil || d.Merge == 0 {
			return
		}
		if m := (store.LadderMerge{Merchant: e.Merchant, N: d.Merge}); !g.merges[m] {
			g.merges[m] = true
			g.batch.Merges = append(g.batch.Merges, m)
		}
	case e.Kind.MovesValidity(), e.Kind == live.OrderPersonChanged:
		g.addOrder(e)
	default:
		if f, ok := conversion.FactOf(e); ok {
			g.addFact(&f)
		}
	}
}

// addOrder notes an order whose validity or owner may have changed. An order
// that was only created by its buyer is not valid: most of the crowd of a flash
// sale is left out here.
func (g *gathering) addOrder(e *live.Event) {
	if e.Rehearsal {
		return
	}
	var d struct {
		Order live.OrderID    `json:"order_id"`
		State live.OrderState `json:"order_state"`
	}
	if json.Unmarshal(e.Data, &d) != nil || d.Order == "" || e.Kind == live.OrderCreated && d.State == live.OrderUnpaid {
		return
	}
	if o := (store.LadderOrder{Merchant: e.Merchant, Order: d.Order}); !g.orders[o] {
		g.orders[o] = true
		g.batch.Orders = append(g.batch.Orders, o)
	}
}

// addFact keeps the first of the facts of one kind about one thing.
func (g *gathering) addFact(f *live.PersonFact) {
	name := factName{f.Merchant, f.Person, f.Kind, f.Ref}
	i, ok := g.facts[name]
	switch {
	case !ok:
		g.facts[name] = len(g.batch.Facts)
		g.batch.Facts = append(g.batch.Facts, *f)
	case f.Before(&g.batch.Facts[i]):
		g.batch.Facts[i] = *f
	}
}
