package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"showrunner/live"
)

// PlaceOrder reserves stock for a viewer and creates the order, in one
// transaction with its event. The same ClientID of the same buyer returns the
// first answer.
//
// Codes: "invalid_field", "forbidden", "show_not_found", "room_not_found",
// "show_not_live" (data: state), "not_on_shelf" (data: sku_id), "out_of_stock"
// (data: sku_id, left), "person_limit" (data: sku_id, limit, have),
// "coupon_not_usable", "amount_too_large".
func (s *Store) PlaceOrder(ctx context.Context, want live.PlaceOrder) (live.PlacedOrder, error) {
	if err := checkWish(&want); err != nil {
		return live.PlacedOrder{}, err
	}
	var placed live.PlacedOrder
	err := s.write(ctx, func(t *tx) (err error) {
		placed, err = t.place(&want)
		return err
	})
	if err != nil {
		return live.PlacedOrder{}, err
	}
	return placed, nil
}

func checkWish(w *live.PlaceOrder) error {
	if !w.Buyer.May(live.ActOrderPlace) {
		return live.Forbidden("forbidden", "the role %s may not place orders", w.Buyer.Role)
	}
	switch {
	case !live.ValidID(w.ClientID):
		return badID("client_order_id")
	case !live.ValidID(w.Buyer.Subject):
		return badID("sub")
	case w.Coupon != "":
		return live.Conflict("coupon_not_usable", "this show takes no coupons")
	case len(w.Channel) > live.MaxIDLen || len(w.Campaign) > live.MaxIDLen:
		return live.Invalid("invalid_field", "channel", "channel and campaign must be at most %d bytes", live.MaxIDLen)
	case len(w.Lines) < 1 || len(w.Lines) > live.MaxLines:
		return live.Invalid("invalid_field", "lines", "must be 1 to %d", live.MaxLines)
	}
	seen := make(map[live.SKUID]bool, len(w.Lines))
	for i, l := range w.Lines {
		at := "lines[" + strconv.Itoa(i) + "]."
		switch {
		case !live.ValidID(string(l.SKU)):
			return badID(at + "sku_id")
		case seen[l.SKU]:
			return live.Invalid("invalid_field", at+"sku_id", "is given twice")
		case l.Qty < 1 || l.Qty > live.MaxQuantity:
			return live.Invalid("invalid_field", at+"qty", "must be 1 to %d", live.MaxQuantity)
		}
		seen[l.SKU] = true
	}
	return nil
}

func (t *tx) place(w *live.PlaceOrder) (live.PlacedOrder, error) {
	// First of all: a retry may come when the show is over.
	if kept, ok, err := t.placedBefore(w.Buyer.Merchant, w); err != nil || ok {
		return kept, err
	}
	sh, err := t.showForSale(w)
	if err != nil {
		return live.PlacedOrder{}, err
	}
	if sh.State != live.ShowStateLive {
		return live.PlacedOrder{}, notLive(sh.State)
	}
	f := live.OrderFact{
		Kind: live.OrderCreated, Source: live.SourceOwn, At: t.now, Currency: sh.Currency, Show: sh.ID, Room: sh.Room,
		Person: live.PersonID(w.Buyer.Subject), Channel: w.Channel, Campaign: w.Campaign,
	}
	row := orderRow{
		own: true, buyer: w.Buyer.Subject, client: w.ClientID, seenAt: t.now, expiresAt: t.now.Add(t.w.store.ttl),
	}
	for i, l := range w.Lines {
		it, err := t.reserve(sh.ID, l)
		if err != nil {
			return live.PlacedOrder{}, err
		}
		if err := t.withinLimit(&sh, f.Person, l, it.PerPerson); err != nil {
			return live.PlacedOrder{}, err
		}
		if it.Price > live.MaxMinor/l.Qty {
			return live.PlacedOrder{}, tooMuch()
		}
		f.Lines = append(f.Lines, live.OrderLine{
			ID: strconv.Itoa(i + 1), Product: it.Product, SKU: l.SKU, Qty: l.Qty, Goods: it.Price * l.Qty,
		})
		row.held = append(row.held, heldReserved)
		if row.total += it.Price * l.Qty; row.total > live.MaxMinor {
			return live.PlacedOrder{}, tooMuch()
		}
	}
	id := live.OrderID("o_" + t.w.store.ids.next(t.now))
	row.Order = live.FoldOrder(sh.Merchant, id, []live.OrderFact{f})
	if err := t.saveOrder(&row); err != nil {
		return live.PlacedOrder{}, err
	}
	body, hash, err := encodeFact(&f)
	if err != nil {
		return live.PlacedOrder{}, err
	}
	if _, err := t.exec(`INSERT INTO order_facts (merchant_id, order_id, kind, fact_id, hash, received_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(sh.Merchant), string(id), string(f.Kind), f.ID, hash, ms(t.now), body); err != nil {
		return live.PlacedOrder{}, fmt.Errorf("keep creation: %w", err)
	}
	e, err := orderEvent(&row.Order, &f, w.Buyer.Actor(), eventID(id, &f, hash, false), sh.Rehearsal, live.Deltas(live.Order{}, row.Order))
	if err != nil {
		return live.PlacedOrder{}, err
	}
	if err := t.emit(e); err != nil {
		return live.PlacedOrder{}, err
	}
	return live.PlacedOrder{ID: id, State: live.OrderUnpaid, Total: row.total, Currency: sh.Currency, ExpiresAt: row.expiresAt}, nil
}

func tooMuch() error {
	return live.Conflict("amount_too_large", "an order may be worth at most %d", int64(live.MaxMinor))
}

// showForSale finds the show a viewer wants to buy in, on air or not.
func (t *tx) showForSale(w *live.PlaceOrder) (live.Show, error) {
	var sh live.Show
	var err error
	if w.Show != "" {
		sh, err = findShow(t, w.Show)
		if err == nil && w.Room != "" && w.Room != sh.Room {
			err = live.NotFound("show_not_found", "there is no such show")
		}
	} else {
		var ok bool
		sh, ok, err = currentShow(t, w.Room)
		if err == nil && !ok {
			err = live.Conflict("show_not_live", "the room has no show on air")
		}
	}
	if err != nil {
		return live.Show{}, err
	}
	if !w.Buyer.Sees(sh.Merchant, sh.Room) {
		return live.Show{}, live.Forbidden("forbidden", "the room is outside your scope")
	}
	return sh, nil
}

func notLive(state live.ShowState) error {
	err := live.Conflict("show_not_live", "orders are taken while the show is live; it is %s", state)
	err.Data = map[string]any{"state": string(state)}
	return err
}

// placedBefore is the kept answer to an order of the same name.
func (t *tx) placedBefore(m live.MerchantID, w *live.PlaceOrder) (live.PlacedOrder, bool, error) {
	p := live.PlacedOrder{State: live.OrderUnpaid, Replay: true}
	var expires int64
	err := t.row(`SELECT order_id, total_minor, currency, expires_at FROM orders WHERE merchant_id = ? AND buyer_id = ? AND client_id = ?`,
		string(m), w.Buyer.Subject, w.ClientID).Scan(&p.ID, &p.Total, &p.Currency, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return live.PlacedOrder{}, false, nil
	}
	if err != nil {
		return live.PlacedOrder{}, false, fmt.Errorf("look for the same order: %w", err)
	}
	p.ExpiresAt = at(expires)
	return p, true, nil
}

// reserve takes units of a listed SKU off what is left, in one statement.
func (t *tx) reserve(show live.ShowID, l live.WantedLine) (live.Item, error) {
	var it live.Item
	err := t.row(`UPDATE items SET reserved = reserved + ? WHERE show_id = ? AND sku_id = ? AND listed = 1 AND released - reserved - sold >= ?
		RETURNING product_id, price_minor, per_person`, l.Qty, string(show), string(l.SKU), l.Qty).Scan(&it.Product, &it.Price, &it.PerPerson)
	if err == nil {
		t.stockMoved(stockKey{show, l.SKU})
		return it, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return live.Item{}, fmt.Errorf("reserve stock: %w", err)
	}
	it, err = t.listed(show, l.SKU)
	if err != nil {
		return live.Item{}, err
	}
	out := live.Conflict("out_of_stock", "%d of %s are left", it.Left(), l.SKU)
	out.Data = map[string]any{"sku_id": string(l.SKU), "left": it.Left()}
	return live.Item{}, out
}
