package store

import (
	"context"
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
// "coupon_not_usable" (data: reason), "amount_too_large".
func (s *Store) PlaceOrder(ctx context.Context, want live.PlaceOrder) (live.PlacedOrder, error) {
	if err := checkWish(&want); err != nil {
		return live.PlacedOrder{}, err
	}
	p := &placing{want: &want}
	if err := s.writer.do(ctx, &op{order: p}); err != nil {
		return live.PlacedOrder{}, err
	}
	return p.answer, nil
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
	case w.Coupon != "" && !live.ValidID(w.Coupon):
		return badID("coupon_id")
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

func tooMuch() error {
	return live.Conflict("amount_too_large", "an order may be worth at most %d", int64(live.MaxMinor))
}

// showForSale finds the show a viewer names, on air or not.
func (t *tx) showForSale(show live.ShowID, room live.RoomID) (live.Show, error) {
	if show == "" {
		sh, ok, err := currentShow(t, room)
		if err == nil && !ok {
			err = live.Conflict("show_not_live", "the room has no show on air")
		}
		return sh, err
	}
	sh, err := findShow(t, show)
	if err == nil && room != "" && room != sh.Room {
		err = live.NotFound("show_not_found", "there is no such show")
	}
	return sh, err
}

func notLive(state live.ShowState) error {
	err := live.Conflict("show_not_live", "orders are taken while the show is live; it is %s", state)
	err.Data = map[string]any{"state": string(state)}
	return err
}

func outOfStock(sku live.SKUID, left int64) error {
	err := live.Conflict("out_of_stock", "%d of %s are left", left, sku)
	err.Data = map[string]any{"sku_id": string(sku), "left": left}
	return err
}
