package live

import "unicode/utf8"

// Item is one SKU on the shelf of a show with the stock allotted to it.
//
// Its stock is allotted to the show; what viewers can buy is what was released
// of it. The equation stands in stock.go, and the database keeps it.
type Item struct {
	Product  ProductID
	SKU      SKUID
	Title    string
	Price    int64 // minor units of the show's currency, per unit
	Currency Currency
	Rank     int    // place on the shelf, ascending
	ImageURL string // optional, https
	// CommissionBPS is what whoever brings the buyer earns of the goods, in
	// hundredths of a per cent. Orders keep the rate they were placed at.
	CommissionBPS int64
	Listed        bool // false once removed; its orders stay

	PerPerson int64 // units one person may buy in the show; 0: any number

	Policy StockPolicy // empty: StockReserve

	Withheld int64 // units allotted to the show and not put on sale
	Released int64 // units put on sale
	Reserved int64 // units in unpaid orders
	Sold     int64 // units in paid orders
	Returned int64 // units given back to the merchant after the show
}

// KeepCommission is the CommissionBPS of an item put on a shelf whose commission
// stays as it is, or is none if the SKU is new.
const KeepCommission = -1

// Limits of a shelf.
const (
	MaxShelf    = 500       // items of a show; the largest platforms allow 100 to 200
	MaxStock    = 1_000_000 // units of one SKU in one show
	MaxImageURL = 2048
	MaxQuantity = 9999 // units of one SKU in one order
	MaxLines    = 100  // lines of one order
)

// Validate checks what a caller may set on an item.
func (i *Item) Validate() error {
	switch {
	case !ValidID(string(i.Product)):
		return Invalid("invalid_field", "product_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", MaxIDLen)
	case !ValidID(string(i.SKU)):
		return Invalid("invalid_field", "sku_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", MaxIDLen)
	case utf8.RuneCountInString(i.Title) < 1 || utf8.RuneCountInString(i.Title) > MaxTitleRunes:
		return Invalid("invalid_field", "title", "must be 1 to %d characters", MaxTitleRunes)
	case i.Price < 0 || i.Price > MaxMinor:
		return Invalid("invalid_field", "price_minor", "must be 0 to %d", int64(MaxMinor))
	case i.Released < 0 || i.Released > MaxStock:
		return Invalid("invalid_field", "stock", "must be 0 to %d", MaxStock)
	case i.Withheld < 0 || i.Withheld > MaxStock-i.Released:
		return Invalid("invalid_field", "allotted", "must be at least the stock and at most %d", MaxStock)
	case i.Rank < 0 || i.Rank > 1_000_000:
		return Invalid("invalid_field", "rank", "must be 0 to 1000000")
	case i.Policy != "" && !i.Policy.Valid():
		return Invalid("invalid_field", "stock_policy", "must be reserve or first_paid")
	case i.PerPerson < 0 || i.PerPerson > MaxStock:
		return Invalid("invalid_field", "per_person", "must be 0 to %d", MaxStock)
	case i.CommissionBPS < 0 || i.CommissionBPS > WholeBPS:
		return Invalid("invalid_field", "commission_bps", "must be 0 to %d", WholeBPS)
	case len(i.ImageURL) > MaxImageURL:
		return Invalid("invalid_field", "image_url", "must be at most %d bytes", MaxImageURL)
	}
	return nil
}
