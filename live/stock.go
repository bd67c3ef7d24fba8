package live

// Stock of one SKU in one show. What the merchant sets aside for the show is
// allotted; the part put on sale is released, the rest is withheld:
//
//	Allotted = Withheld + Released + Returned
//	Released = Reserved + Sold + Left
//
// Allotted and Left are never stored, so they cannot disagree with the rest;
// that no part falls below zero is a constraint of the database.

// StockPolicy says when an order takes its units off the shelf.
type StockPolicy string

// Stock policies.
const (
	// StockReserve holds the units for an order from the moment it is placed
	// until it is paid or its time is over.
	StockReserve StockPolicy = "reserve"
	// StockFirstPaid holds nothing for an unpaid order: who pays first is
	// served, and who pays for a unit that is gone gets the money back.
	StockFirstPaid StockPolicy = "first_paid"
)

// Valid reports whether p is a stock policy.
func (p StockPolicy) Valid() bool { return p == StockReserve || p == StockFirstPaid }

// Left is what can still be ordered.
func (i *Item) Left() int64 { return i.Released - i.Reserved - i.Sold }

// Allotted is what the merchant set aside for the show, now or before its
// unsold rest went back.
func (i *Item) Allotted() int64 { return i.Withheld + i.Released + i.Returned }

// Release puts units on sale. More than what is withheld is refused as
// "over_allotment" unless extend lets the allotment grow by what is missing.
func (i *Item) Release(qty int64, extend bool) error {
	if i.Released+qty > MaxStock {
		return Conflict("stock_limit", "at most %d units of %s can be put on sale in a show", MaxStock, i.SKU)
	}
	if qty > i.Withheld && !extend {
		err := Conflict("over_allotment", "%d of the %d units of %s allotted are not on sale yet", i.Withheld, i.Allotted(), i.SKU)
		err.Data = i.stockData()
		return err
	}
	i.Released += qty
	i.Withheld = max(0, i.Withheld-qty)
	return nil
}

// Hold takes units that nobody ordered off the sale; they stay allotted. More
// than what is left is refused as "stock_in_use".
func (i *Item) Hold(qty int64) error {
	if left := i.Left(); qty > left {
		err := Conflict("stock_in_use", "%d units of %s are left, the others are ordered", left, i.SKU)
		err.Data = i.stockData()
		return err
	}
	i.Released -= qty
	i.Withheld += qty
	return nil
}

// Unsold is what goes back to the merchant when the show is over.
func (i *Item) Unsold() int64 { return i.Left() + i.Withheld }

func (i *Item) stockData() map[string]any {
	return map[string]any{
		"sku_id": string(i.SKU), "allotted": i.Allotted(), "withheld": i.Withheld, "released": i.Released,
		"ordered": i.Reserved + i.Sold, "left": i.Left(),
	}
}
