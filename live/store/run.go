package store

import (
	"context"
	"fmt"
	"time"

	"showrunner/live"
)

// How often the clean-up jobs look. Stock is told at most four times a second
// per SKU, which is as fast as people read a number.
const (
	expiryEvery = time.Second
	stockEvery  = 250 * time.Millisecond
	trimEvery   = 10 * time.Minute
	expiryBatch = 200
)

// Run cancels unpaid orders whose time is over, starts and ends flash sales,
// passes offers of the waitlist on, ends drops of coupons and expires coupons, tells rooms what is left of
// the stock that moved, moves orders to the name that stands for their buyer, and forgets what is old. It returns nil when ctx ends.
func (s *Store) Run(ctx context.Context) error {
	expiry, trim := time.NewTicker(expiryEvery), time.NewTicker(trimEvery)
	defer expiry.Stop()
	defer trim.Stop()
	var rest <-chan time.Time // not nil: stock was told just now
	dirty := s.stock.ready
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-expiry.C:
			if _, err = s.expireOrders(ctx); err == nil {
				err = s.turnSales(ctx)
			}
			if err == nil {
				err = s.expireOffers(ctx)
			}
			if err == nil {
				err = s.turnBenefits(ctx)
			}
			if err == nil {
				err = s.settleLate(ctx)
			}
		case <-dirty:
			err = s.tellStock(ctx)
			rest, dirty = time.After(stockEvery), nil
		case <-rest:
			rest, dirty = nil, s.stock.ready
		case <-trim.C:
			err = s.trim(ctx)
		}
		if err != nil && ctx.Err() == nil {
			// Each job looks again at its next tick.
			s.log.ErrorContext(ctx, "store job failed", "error", err)
		}
	}
}

// expireOrders cancels the unpaid orders whose reservation is over.
func (s *Store) expireOrders(ctx context.Context) (expired int, err error) {
	type name struct {
		merchant live.MerchantID
		order    live.OrderID
	}
	due := func(q querier, now time.Time) ([]name, error) {
		rows, err := q.query(`SELECT merchant_id, order_id FROM orders WHERE own = 1 AND state = 'unpaid' AND expires_at <= ? ORDER BY expires_at LIMIT ?`,
			ms(now), expiryBatch)
		return collect(rows, err, func(r scanner) (n name, err error) { return n, r.Scan(&n.merchant, &n.order) })
	}
	for {
		done, err := turn(ctx, s, "expire orders", due, func(t *tx, n *name) error {
			_, err := t.cancel(n.merchant, n.order, live.CancelTimeout, t.now, live.Actor{ID: live.SourceOwn, Role: live.RoleSystem})
			return err
		})
		expired += done
		if err != nil || done == 0 {
			return expired, err
		}
	}
}

// tellStock tells what is left of every SKU whose stock moved.
func (s *Store) tellStock(ctx context.Context) error {
	keys := s.stock.take()
	err := s.write(ctx, func(t *tx) error {
		for k := range keys {
			sh, err := findShow(t, k.show)
			if err != nil {
				return err
			}
			it, err := findItem(t, k.show, k.sku)
			if err != nil {
				return err
			}
			data := map[string]any{"sku_id": it.SKU, "product_id": it.Product, "left": it.Left()}
			if f, open, err := t.openSale(&sh, k.sku); err != nil {
				return err
			} else if open && f.State == live.FlashRunning {
				data["flash_left"] = f.Left()
			}
			if _, err := t.announceChange(&sh, live.StockChanged, itself, t.now, data); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for k := range keys {
			s.stock.add(k)
		}
		return fmt.Errorf("tell stock: %w", err)
	}
	return nil
}

// trim forgets kept answers and mutes that nobody can ask for any more.
func (s *Store) trim(ctx context.Context) error {
	now := s.now()
	s.cache.forget(now)
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM idempotency WHERE created_at < ?`, ms(now.Add(-keepAnswers))); err != nil {
			return err
		}
		_, err := t.exec(`DELETE FROM mutes WHERE show_id = '' AND until < ?`, ms(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("trim: %w", err)
	}
	return nil
}
