package store

import (
	"fmt"
	"sync"

	"showrunner/live"
)

// stockKey is one SKU of one show.
type stockKey struct {
	show live.ShowID
	sku  live.SKUID
}

// holding is what one line of an order holds of a shelf.
type holding struct {
	stockKey
	qty  int64
	held string
	sale string // flash sale the units count in; empty: none
}

// holdings is what the lines of an order hold, by line.
func (r *orderRow) holdings() map[string]holding {
	out := map[string]holding{}
	for i := range r.Lines {
		if r.held[i] != heldNone {
			l := &r.Lines[i]
			out[l.ID] = holding{stockKey{r.Show, l.SKU}, l.Qty, r.held[i], r.sales[l.ID]}
		}
	}
	return out
}

// wants is what the state of an order says its lines should hold. Paid goods
// are sold, also after a refund: what comes back goes to the merchant, not to
// the shelf. Our own unpaid orders are reserved; a platform keeps its own
// reservations. An order paid after its time-out is sold until the money is
// given back: the buyer paid, and somebody must decide.
func (r *orderRow) wants() string {
	switch r.State {
	case live.OrderStatePaid, live.OrderPartRefunded, live.OrderRefunded:
		return heldSold
	case live.OrderUnknown:
		// Nobody told what was ordered.
	case live.OrderUnpaid, live.OrderDepositPaid:
		if r.own {
			return heldReserved
		}
	case live.OrderStateCanceled:
		var kept int64
		for i := range r.Lines {
			kept += r.Lines[i].CancelledPaid
		}
		if r.Cancel == live.CancelTimeout && kept > 0 {
			return heldSold
		}
	}
	return heldNone
}

// settleStock moves the stock to where the order's new state wants it. before
// is what its lines held so far. A line that finds nothing left holds nothing
// and marks the order as oversold; the shelf itself never goes below zero.
func (t *tx) settleStock(o *orderRow, before map[string]holding) error {
	wants := o.wants()
	// Who paid for units that were gone is told so for ever.
	o.oversold = o.Cancel == live.CancelOversold && !o.PaidAt.IsZero()
	o.held = make([]string, len(o.Lines))
	if o.Show == "" && len(before) == 0 {
		return nil
	}
	var take []int
	for i := range o.Lines {
		l := &o.Lines[i]
		want := o.want(l.ID, wants)
		next := holding{stockKey{o.Show, l.SKU}, l.Qty, want, o.sales[l.ID]}
		was, had := before[l.ID]
		delete(before, l.ID)
		switch {
		case l.ID == "":
		case had && was == next:
			o.held[i] = want
		case had && want == heldSold && was.stockKey == next.stockKey && was.qty == next.qty:
			if err := t.sellReserved(next); err != nil {
				return err
			}
			o.held[i] = want
		default:
			if had {
				if err := t.giveBack(was); err != nil {
					return err
				}
			}
			if want != heldNone {
				take = append(take, i)
			}
		}
	}
	for _, was := range before { // lines the order no longer has
		if err := t.giveBack(was); err != nil {
			return err
		}
	}
	for _, i := range take {
		want := o.want(o.Lines[i].ID, wants)
		h := holding{stockKey{o.Show, o.Lines[i].SKU}, o.Lines[i].Qty, want, o.sales[o.Lines[i].ID]}
		taken, known, err := t.take(o.Merchant, h)
		if err != nil {
			return err
		}
		if taken {
			o.held[i] = want
		} else if known {
			o.oversold = true
		}
	}
	return nil
}

// take takes units for a holding. known says that the merchant's shelf has the SKU.
func (t *tx) take(m live.MerchantID, h holding) (taken, known bool, err error) {
	if h.sale != "" {
		if has, err := t.saleHas(h.sale, h.qty); err != nil || !has {
			return false, true, err
		}
	}
	column := `reserved = reserved + ?`
	if h.held == heldSold {
		column = `sold = sold + ?`
	}
	n, err := t.changed(`UPDATE items SET `+column+` WHERE show_id = ? AND sku_id = ? AND released - reserved - sold >= ?
		AND EXISTS (SELECT 1 FROM shows WHERE shows.show_id = items.show_id AND shows.merchant_id = ?)`,
		h.qty, string(h.show), string(h.sku), h.qty, string(m))
	if err != nil {
		return false, false, fmt.Errorf("take stock: %w", err)
	}
	if n > 0 {
		t.stockMoved(h.stockKey)
		return true, true, t.moveSaleOf(h, 1)
	}
	if taken, err := t.takeReturned(m, h); err != nil {
		return false, true, err
	} else if taken {
		return true, true, t.moveSaleOf(h, 1)
	}
	var have int64
	if err := t.row(`SELECT COUNT(*) FROM items WHERE show_id = ? AND sku_id = ?
		AND EXISTS (SELECT 1 FROM shows WHERE shows.show_id = items.show_id AND shows.merchant_id = ?)`,
		string(h.show), string(h.sku), string(m)).Scan(&have); err != nil {
		return false, false, fmt.Errorf("look for stock: %w", err)
	}
	return false, have > 0, nil
}

func (t *tx) giveBack(h holding) error {
	column := `reserved = reserved - ?`
	if h.held == heldSold {
		column = `sold = sold - ?`
	}
	if _, err := t.exec(`UPDATE items SET `+column+` WHERE show_id = ? AND sku_id = ?`, h.qty, string(h.show), string(h.sku)); err != nil {
		return fmt.Errorf("give stock back: %w", err)
	}
	t.stockMoved(h.stockKey)
	if err := t.moveSaleOf(h, -1); err != nil {
		return err
	}
	t.freed = append(t.freed, h.stockKey)
	return t.returnFreed(h)
}

func (t *tx) sellReserved(h holding) error {
	if _, err := t.exec(`UPDATE items SET reserved = reserved - ?, sold = sold + ? WHERE show_id = ? AND sku_id = ?`,
		h.qty, h.qty, string(h.show), string(h.sku)); err != nil {
		return fmt.Errorf("sell reserved stock: %w", err)
	}
	if h.sale == "" {
		return nil
	}
	return t.moveSale(h.sale, -h.qty, h.qty)
}

// moveSaleOf counts a holding in the flash sale it belongs to, or out of it.
func (t *tx) moveSaleOf(h holding, sign int64) error {
	switch {
	case h.sale == "":
		return nil
	case h.held == heldSold:
		return t.moveSale(h.sale, 0, sign*h.qty)
	}
	return t.moveSale(h.sale, sign*h.qty, 0)
}

// stockMoved remembers that viewers must be told what is left of a SKU.
func (t *tx) stockMoved(k stockKey) {
	t.onCommit(func() { t.w.store.stock.add(k) })
}

// dirtyStock gathers the SKUs whose stock moved, so that a flash sale tells
// its viewers a few times a second and not with every order.
type dirtyStock struct {
	mu    sync.Mutex
	keys  map[stockKey]bool
	ready chan struct{}
}

func newDirtyStock() *dirtyStock {
	return &dirtyStock{keys: map[stockKey]bool{}, ready: make(chan struct{}, 1)}
}

func (d *dirtyStock) add(k stockKey) {
	d.mu.Lock()
	d.keys[k] = true
	d.mu.Unlock()
	select {
	case d.ready <- struct{}{}:
	default:
	}
}

func (d *dirtyStock) take() map[stockKey]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	keys := d.keys
	d.keys = map[stockKey]bool{}
	return keys
}
