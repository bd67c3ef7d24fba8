package api

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"showrunner/live"
	"showrunner/live/store"
)

// Item is one SKU of a shelf on the wire.
type Item struct {
	ProductID   string `json:"product_id" example:"p1"`
	SKUID       string `json:"sku_id" example:"p1-red"`
	Title       string `json:"title" example:"Chef's knife"`
	PriceMinor  int64  `json:"price_minor" doc:"Per unit, in minor units of the currency." example:"19900"`
	Currency    string `json:"currency" example:"CNY"`
	Rank        int    `json:"rank" doc:"Place on the shelf, ascending."`
	ImageURL    string `json:"image_url,omitempty"`
	Listed      bool   `json:"listed"`
	PerPerson   int64  `json:"per_person" doc:"Units one person may buy in the show; 0 means any number."`
	StockPolicy string `json:"stock_policy" enum:"reserve,first_paid"`
	Allotted    int64  `json:"allotted" doc:"Units set aside for the show: those on sale, those withheld, and those given back after it."`
	Released    int64  `json:"released" doc:"Units put on sale."`
	Reserved    int64  `json:"reserved" doc:"Units in unpaid orders."`
	Sold        int64  `json:"sold" doc:"Units in paid orders."`
	Returned    int64  `json:"returned" doc:"Units given back unsold after the show."`
	Left        int64  `json:"left" doc:"Units that can still be ordered: released - reserved - sold."`

	CommissionBPS *int64     `json:"commission_bps,omitempty" doc:"Only for those who may see money."`
	FlashSale     *ShelfSale `json:"flash_sale,omitempty" doc:"The one that runs or is scheduled, on the shelf as it is read."`
}

// ShelfSale is a flash sale of an item that has not ended.
type ShelfSale struct {
	SaleID     string `json:"sale_id"`
	State      string `json:"state" enum:"scheduled,running"`
	PriceMinor int64  `json:"price_minor" doc:"Per unit, of orders placed while it runs."`
	Qty        int64  `json:"qty" doc:"Units at that price."`
	Left       int64  `json:"left" doc:"Units that can still be ordered at that price."`
	PerPerson  int64  `json:"per_person" doc:"Units one person may buy in it; 0 means any number."`
	StartsAt   Time   `json:"starts_at"`
	EndsAt     Time   `json:"ends_at" doc:"At the latest."`
}

// itemOf is an item as a caller sees it: commissions are for those who may see money.
func itemOf(p live.Principal, i live.Item) Item {
	var commission *int64
	if p.May(live.ActMoney) {
		commission = &i.CommissionBPS
	}
	return Item{
		CommissionBPS: commission,

		ProductID: string(i.Product), SKUID: string(i.SKU), Title: i.Title, PriceMinor: i.Price, Currency: string(i.Currency), Rank: i.Rank,
		ImageURL: i.ImageURL, Listed: i.Listed, PerPerson: i.PerPerson, StockPolicy: string(i.Policy), Allotted: i.Allotted(), Released: i.Released, Reserved: i.Reserved, Sold: i.Sold,
		Returned: i.Returned, Left: i.Left(),
	}
}

// NewItem is one item of PUT /v1/shows/{show_id}/shelf.
type NewItem struct {
	ProductID   string `json:"product_id" pattern:"^[A-Za-z0-9._:@-]{1,128}$"`
	SKUID       string `json:"sku_id" pattern:"^[A-Za-z0-9._:@-]{1,128}$"`
	Title       string `json:"title" minLength:"1" maxLength:"120"`
	PriceMinor  int64  `json:"price_minor" minimum:"0"`
	Currency    string `json:"currency,omitempty" doc:"Must be the show's currency if given."`
	Stock       int64  `json:"stock,omitempty" doc:"Units put on sale." minimum:"0" maximum:"1000000"`
	Allotted    *int64 `json:"allotted,omitempty" doc:"Units set aside for the show, at least the stock; the stock when left out. The rest is put on sale by release_stock." minimum:"0" maximum:"1000000"`
	Rank        int    `json:"rank,omitempty" doc:"Place on the shelf, ascending; the place in the list when left out." minimum:"0"`
	ImageURL    string `json:"image_url,omitempty" maxLength:"2048"`
	StockPolicy string `json:"stock_policy,omitempty" doc:"reserve (the default) holds the units for an unpaid order; with first_paid the payment takes them, and who pays too late is cancelled as oversold and owed the money." enum:"reserve,first_paid"`
	PerPerson   int64  `json:"per_person,omitempty" doc:"Units one person may buy in the show; 0 means any number." minimum:"0" maximum:"1000000"`

	CommissionBPS *int64 `json:"commission_bps,omitempty" doc:"What whoever brings the buyer earns of the goods, in hundredths of a per cent; stays as it is when left out. Needs the right to set prices." minimum:"0" maximum:"10000"`
}

// NewShelf is the body of PUT /v1/shows/{show_id}/shelf.
type NewShelf struct {
	Items []NewItem `json:"items" maxItems:"500"`
}

// PatchItem is the body of PATCH /v1/shows/{show_id}/shelf/{sku_id}. Members
// left out stay. Stock is changed by the commands release_stock and hold_stock.
type PatchItem struct {
	Title       *string `json:"title,omitempty" minLength:"1" maxLength:"120"`
	PriceMinor  *int64  `json:"price_minor,omitempty" minimum:"0"`
	Rank        *int    `json:"rank,omitempty" minimum:"0"`
	Allotted    *int64  `json:"allotted,omitempty" doc:"Units set aside for the show, at least those on sale." minimum:"0" maximum:"1000000"`
	ImageURL    *string `json:"image_url,omitempty" maxLength:"2048"`
	StockPolicy *string `json:"stock_policy,omitempty" enum:"reserve,first_paid"`
	PerPerson   *int64  `json:"per_person,omitempty" minimum:"0" maximum:"1000000"`

	CommissionBPS *int64 `json:"commission_bps,omitempty" doc:"Of orders placed from now on." minimum:"0" maximum:"10000"`
}

func (a *API) shelves() {
	add(a, Route{
		ID: "put-shelf", Method: "PUT", Path: "/v1/shows/{show_id}/shelf", Tag: "Shelf", Summary: "Set the shelf of a show",
		Text:    "The list becomes the shelf: SKUs left out are delisted, their orders stay. A commission that is left out stays; everything else left out takes its default.",
		Actions: []live.Action{live.ActShelfWrite}, body: NewShelf{},
		example: map[string]any{"items": []any{map[string]any{"product_id": "p1", "sku_id": "p1-red", "title": "Chef's knife", "price_minor": 19900, "stock": 100}}},
	}, a.putShelf)
	add(a, Route{
		ID: "get-shelf", Method: "GET", Path: "/v1/shows/{show_id}/shelf", Tag: "Shelf", Summary: "Read the shelf of a show",
		Actions: []live.Action{live.ActShelfRead},
	}, a.getShelf)
	add(a, Route{
		ID: "update-item", Method: "PATCH", Path: "/v1/shows/{show_id}/shelf/{sku_id}", Tag: "Shelf", Summary: "Change one item of a shelf",
		Actions: []live.Action{live.ActShelfWrite}, body: PatchItem{}, example: map[string]any{"rank": 1},
	}, a.patchItem)
}

type shelfOutput struct {
	Body struct {
		Items []Item `json:"items"`
	}
}

func shelfOf(p live.Principal, items []live.Item) *shelfOutput {
	out := &shelfOutput{}
	out.Body.Items = make([]Item, len(items))
	for i := range items {
		out.Body.Items[i] = itemOf(p, items[i])
	}
	return out
}

func (a *API) putShelf(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	rawBody
},
) (*shelfOutput, error) {
	b, err := decode[NewShelf](in.RawBody)
	if err != nil {
		return nil, err
	}
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	items, err := itemsOf(b.Items, s.Currency)
	if err != nil {
		return nil, err
	}
	// Whoever may arrange the shelf may not yet set what is earned of it.
	if !p.May(live.SetPrice.Action()) && slices.ContainsFunc(b.Items, func(n NewItem) bool { return n.CommissionBPS != nil }) {
		return nil, roleForbidden(p)
	}
	items, err = a.cfg.Store.PutShelf(ctx, s.ID, items, p, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	return shelfOf(p, items), nil
}

// itemsOf checks a whole shelf before any of it is stored.
func itemsOf(list []NewItem, currency live.Currency) ([]live.Item, error) {
	if len(list) > live.MaxShelf {
		return nil, live.Invalid("invalid_field", "items", "must be at most %d", live.MaxShelf)
	}
	items := make([]live.Item, len(list))
	seen := map[live.SKUID]bool{}
	for i, n := range list {
		at := "items[" + strconv.Itoa(i) + "]"
		if n.Currency == "" {
			n.Currency = string(currency)
		}
		if n.Rank == 0 {
			n.Rank = i + 1
		}
		items[i] = live.Item{
			Product: live.ProductID(n.ProductID), SKU: live.SKUID(n.SKUID), Title: n.Title, Price: n.PriceMinor,
			Currency: live.Currency(n.Currency), Rank: n.Rank, ImageURL: n.ImageURL, Listed: true, Released: n.Stock, PerPerson: n.PerPerson, Policy: live.StockPolicy(n.StockPolicy),
		}
		if n.CommissionBPS != nil {
			items[i].CommissionBPS = *n.CommissionBPS
		}
		if n.Allotted != nil {
			items[i].Withheld = *n.Allotted - n.Stock
		}
		if err := items[i].Validate(); err != nil {
			return nil, under(at, err)
		}
		if live.Currency(n.Currency) != currency {
			return nil, live.Invalid("currency_mismatch", at+".currency", "must be %s, the show's currency", currency)
		}
		if err := checkImage(n.ImageURL); err != nil {
			return nil, under(at, err)
		}
		if seen[items[i].SKU] {
			return nil, live.Invalid("invalid_field", at+".sku_id", "%q stands on the shelf twice", n.SKUID)
		}
		seen[items[i].SKU] = true
		if n.CommissionBPS == nil {
			items[i].CommissionBPS = live.KeepCommission
		}
	}
	return items, nil
}

// checkImage keeps script and plain-text addresses off the console.
func checkImage(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return live.Invalid("invalid_field", "image_url", "must be an https address")
	}
	return nil
}

func (a *API) getShelf(ctx context.Context, p live.Principal, in *ShowPath) (*shelfOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	items, err := a.cfg.Store.Shelf(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	sales, err := a.cfg.Store.OpenSales(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	out := shelfOf(p, items)
	for i := range sales {
		f := &sales[i]
		for j := range out.Body.Items {
			if it := &out.Body.Items[j]; it.SKUID == string(f.SKU) {
				it.FlashSale = &ShelfSale{
					SaleID: f.ID, State: string(f.State), PriceMinor: f.Price, Qty: f.Qty, Left: f.Left(), PerPerson: f.PerPerson,
					StartsAt: Time{f.StartsAt}, EndsAt: Time{f.EndsAt},
				}
			}
		}
	}
	return out, nil
}

type itemOutput struct{ Body Item }

func (a *API) patchItem(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	SKUID string `path:"sku_id" maxLength:"128"`
	rawBody
},
) (*itemOutput, error) {
	b, err := decode[PatchItem](in.RawBody)
	if err != nil {
		return nil, err
	}
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	// Whoever may arrange the shelf may not yet set prices: a host may not.
	if (b.PriceMinor != nil || b.CommissionBPS != nil) && !p.May(live.SetPrice.Action()) {
		return nil, roleForbidden(p)
	}
	if b.ImageURL != nil {
		if err := checkImage(*b.ImageURL); err != nil {
			return nil, err
		}
	}
	if !live.ValidID(in.SKUID) {
		return nil, notFound("item", in.SKUID)
	}
	item, err := a.cfg.Store.PatchItem(ctx, s.ID, live.SKUID(in.SKUID),
		store.ItemPatch{CommissionBPS: b.CommissionBPS, Title: b.Title, Price: b.PriceMinor, Rank: b.Rank, ImageURL: b.ImageURL, Allotted: b.Allotted, PerPerson: b.PerPerson, Policy: (*live.StockPolicy)(b.StockPolicy)}, p, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	return &itemOutput{itemOf(p, item)}, nil
}
