package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
	"showrunner/live/sim"
)

// buy places an order, in the room or on the shop platform, and begins its story.
func (v *simViewer) buy(ctx context.Context, a *sim.Act) error {
	r := v.run
	if a.Buy.ByShop {
		r.aftermath.Go(func() {
			r.shop.story(ctx, v, a, nil)
		})
		return nil
	}
	lines := make([]map[string]any, len(a.Buy.Lines))
	for i, l := range a.Buy.Lines {
		lines[i] = map[string]any{"sku_id": l.SKU, "qty": l.Qty}
	}
	want := map[string]any{"client_order_id": r.name + "." + a.Name, "lines": lines}
	coupon, err := v.couponFor(ctx, r.listed(a.Buy.Lines))
	if err != nil {
		return fmt.Errorf("take a coupon: %w", err)
	}
	if coupon != "" {
		want["coupon_id"] = coupon
	}
	data, err := v.place(ctx, simFrame{ID: a.Name, Type: "place_order", Data: want})
	if refusedAs(err, "coupon_not_usable") { // the price was cut in between
		v.coupon.Store(&coupon)
		delete(want, "coupon_id")
		data, err = v.place(ctx, simFrame{ID: a.Name + "-full", Type: "place_order", Data: want})
	}
	if refusedAs(err, "out_of_stock") {
		if coupon != "" {
			v.coupon.Store(&coupon)
		}
		r.soldOut.Add(1)
		return nil
	}
	if err != nil {
		return err
	}
	var placed simPlaced
	if err := json.Unmarshal(data, &placed); err != nil {
		return fmt.Errorf("decode the order's ack: %w", err)
	}
	o := sim.Order{ID: placed.ID, Person: v.id, Currency: placed.Currency, Lines: slices.Clone(a.Buy.Lines), Coupon: placed.Discount}
	if err := r.priced(&o, placed.Total+placed.Discount); err != nil {
		return fmt.Errorf("order %s: %w", placed.ID, err)
	}
	if err := discounted(&o, want["coupon_id"] != nil); err != nil {
		return fmt.Errorf("order %s: %w", placed.ID, err)
	}
	r.tally.Ordered(o)
	r.shop.expires(placed)
	if a.Buy.Cancel == live.CancelUser {
		v.pending.Go(func() {
			if err := v.cancel(ctx, a, placed.ID); err != nil && ctx.Err() == nil {
				r.notes.add("%s cancels %s: %v", v.id, placed.ID, err)
			}
		})
		return nil
	}
	r.aftermath.Go(func() {
		r.shop.story(ctx, v, a, &o)
	})
	return nil
}

// place sends an order until it is taken or refused for good. During the break
// of the show nothing is sold, and a product may come on the shelf a moment
// later than the script says: people try again.
func (v *simViewer) place(ctx context.Context, f simFrame) (json.RawMessage, error) {
	giveUp := time.Now().Add(simPatience)
	for {
		data, err := v.socket.ask(ctx, f)
		var refused *simRefusal
		if !errors.As(err, &refused) || refused.Code != "show_not_live" && refused.Code != "not_on_shelf" || time.Now().After(giveUp) {
			return data, err
		}
		if err := sleepFor(ctx, 250*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// cancel gives up an unpaid order a little later, over the person's own socket.
func (v *simViewer) cancel(ctx context.Context, a *sim.Act, id live.OrderID) error {
	if err := sleepFor(ctx, v.run.real(a.Buy.CancelAfter)); err != nil {
		return err
	}
	if _, err := v.socket.ask(ctx, simFrame{ID: a.Name + "-x", Type: "cancel_order", Data: map[string]any{"order_id": id}}); err != nil {
		return err
	}
	v.run.shop.closed(id)
	v.run.tally.Cancelled(id)
	return nil
}

type simPlaced struct {
	ID       live.OrderID  `json:"order_id"`
	Total    int64         `json:"total_minor"`
	Discount int64         `json:"discount_minor"`
	Currency live.Currency `json:"currency"`
	Expires  time.Time     `json:"expires_at"`
}

// listed is what lines cost by the shelf of the script.
func (r *simRun) listed(lines []live.OrderLine) (sum int64) {
	for _, l := range lines {
		for _, of := range [][]sim.Offer{r.script.Shelf, r.script.Late} {
			for _, offer := range of {
				if offer.SKU == l.SKU {
					sum += offer.Price * l.Qty
				}
			}
		}
	}
	return sum
}

// discounted divides what the server took off over the lines, and holds it
// against the terms of the coupon.
func discounted(o *sim.Order, with bool) error {
	if !with {
		if o.Coupon != 0 {
			return fmt.Errorf("the server takes %d off without a coupon", o.Coupon)
		}
		return nil
	}
	if o.Coupon != simCoupons.Off {
		return fmt.Errorf("the server takes %d off, the coupon says %d", o.Coupon, simCoupons.Off)
	}
	shares, err := simCoupons.Split(o.Lines)
	if err != nil {
		return fmt.Errorf("the server took a coupon that is not good: %w", err)
	}
	for i, share := range shares {
		o.Lines[i].Discount = share
	}
	return nil
}

// priced writes the money on the lines of an order and holds the server's total
// against the prices of the script: a product may have had two, before and
// after its price cut, and then it is the only one of its order.
func (r *simRun) priced(o *sim.Order, total int64) error {
	var sum int64
	for i := range o.Lines {
		l := &o.Lines[i]
		for _, of := range [][]sim.Offer{r.script.Shelf, r.script.Late} {
			for _, offer := range of {
				if offer.SKU == l.SKU {
					l.Goods = offer.Price * l.Qty
				}
			}
		}
		sum += l.Goods
	}
	if sum == total {
		return nil
	}
	if len(o.Lines) == 1 {
		for _, c := range r.script.Crew {
			if c.Command == live.SetPrice && c.Args.SKU == o.Lines[0].SKU && c.Args.Price*o.Lines[0].Qty == total {
				o.Lines[0].Goods = total
				return nil
			}
		}
	}
	return fmt.Errorf("the server asks %d, the shelf says %d", total, sum)
}
