package store

import (
	"slices"
	"testing"

	"showrunner/live"
)

func TestPlatformsSayTheSKUAlone(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 3)
	products := func(id live.OrderID) (out []live.ProductID) {
		for _, l := range order(t, s, id).Lines {
			out = append(out, l.Product)
		}
		return out
	}
	o := said{"shop-1", c.now()}
	mine := line("3", "b", 1, 500)
	mine.Product = "px"
	created := o.created(0, "s1", line("1", "a", 1, 1990), line("2", "z", 1, 7), mine)
	if got := apply(t, s, created, o.paid("p", 1, 2497)); !slices.Equal(got, []FactStatus{FactAccepted, FactAccepted}) {
		t.Fatalf("statuses = %v", got)
	}
	if created.Lines[0].Product != "" {
		t.Errorf("the caller's line is of %q now", created.Lines[0].Product)
	}
	if got := products("shop-1"); !slices.Equal(got, []live.ProductID{"pa", "", "px"}) {
		t.Errorf("products = %v: of the shelf, of none, as said", got)
	}

	// Said again in the same words when the shelf has more, it is the same fact.
	do(t, s, live.AddProduct, "add-z", `{"product_id":"pz","sku_id":"z","title":"Z","price_minor":7}`)
	if got := apply(t, s, created); got[0] != FactDuplicate {
		t.Errorf("the same words again = %v, want a duplicate", got)
	}
	if got := order(t, s, "shop-1"); len(got.Flags) != 0 || !slices.Equal(products("shop-1"), []live.ProductID{"pa", "", "px"}) {
		t.Errorf("order = %+v", got)
	}

	exchange := Fact{"shop-1", live.OrderFact{Kind: live.ExchangeCreated, ID: "x1", Source: "shop", At: o.at(2), Currency: "CNY", Exchange: live.Exchange{Line: "1", SKU: "b", Qty: 1}}}
	apply(t, s, exchange)
	if got := products("shop-1"); !slices.Contains(got, "pb") {
		t.Errorf("products after the exchange = %v, want pb among them", got)
	}

	// The shelf of a show of somebody else says nothing.
	if _, err := s.ApplyFacts(t.Context(), "m2", []Fact{said{"x", c.now()}.created(0, "s1", line("1", "a", 1, 5))}, c.now()); err != nil {
		t.Fatal(err)
	}
	other, _, err := s.Order(t.Context(), "m2", "x")
	if err != nil || other.Lines[0].Product != "" {
		t.Errorf("order of another merchant = %+v, %v", other, err)
	}
}
