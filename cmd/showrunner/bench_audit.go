package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"

	"showrunner/live"
)

// flashAudit counts what a sale left behind: by the API of the server that was
// started after the kill, and in the database file when it has stopped.
type flashAudit struct {
	Orders       int64 `json:"orders"`
	Held         int64 `json:"units_held_by_orders"` // summed over the lines of orders
	Reserved     int64 `json:"units_reserved"`       // by the shelf
	Sold         int64 `json:"units_sold"`
	Released     int64 `json:"units_released"`
	Left         int64 `json:"units_left"`
	Events       int64 `json:"creations_kept"`
	Lost         int64 `json:"acknowledged_orders_lost"`
	WrongState   int64 `json:"orders_in_another_state_than_promised"`
	Unknown      int64 `json:"orders_nobody_was_told_of"`
	TwiceSold    int64 `json:"buyers_with_two_orders"`
	Disagreement int64 `json:"units_on_which_shelf_and_orders_differ"`
}

// fault is what must not be, nil if all is well.
func (a *flashAudit) fault(stock int) error {
	var errs []error
	for what, n := range map[string]int64{
		"acknowledged orders are lost": a.Lost, "orders are in another state than promised": a.WrongState,
		"orders are there that nobody was told of": a.Unknown, "buyers have two orders": a.TwiceSold,
		"units are held otherwise by shelf and orders": a.Disagreement,
		"units are held beyond the stock":              max(0, a.Held-int64(stock)),
		"orders lack their fact or have two":           max(a.Events-a.Orders, a.Orders-a.Events),
	} {
		if n != 0 {
			errs = append(errs, fmt.Errorf("%d %s", n, what))
		}
	}
	return errors.Join(errs...)
}

// askAPI looks for every acknowledged order, and reads the shelf.
func (f *flashCrowd) askAPI(ctx context.Context, a *flashAudit) error {
	token, err := f.stage.token(live.RoleMerchant, "owner")
	if err != nil {
		return err
	}
	for id := range f.orders {
		var o struct {
			State live.OrderState `json:"state"`
		}
		err := f.stage.api.do(ctx, simCall{Method: http.MethodGet, Path: "/v1/orders/" + string(id), Token: token}, &o)
		if p, ok := errors.AsType[*simProblem](err); ok && p.Status == http.StatusNotFound {
			a.Lost++
			continue
		}
		if err != nil {
			return err
		}
		want := live.OrderUnpaid
		if f.cancelled[id] {
			want = live.OrderStateCanceled
		}
		if o.State != want {
			a.WrongState++
		}
	}
	var shelf struct {
		Items []struct {
			Released int64 `json:"released"`
			Reserved int64 `json:"reserved"`
			Sold     int64 `json:"sold"`
			Left     int64 `json:"left"`
		} `json:"items"`
	}
	if err := f.stage.api.do(ctx, simCall{Method: http.MethodGet, Path: "/v1/shows/" + string(f.stage.show) + "/shelf", Token: token}, &shelf); err != nil {
		return err
	}
	if len(shelf.Items) != 1 {
		return fmt.Errorf("the shelf has %d items, want the one on sale", len(shelf.Items))
	}
	it := shelf.Items[0]
	a.Released, a.Reserved, a.Sold, a.Left = it.Released, it.Reserved, it.Sold, it.Left
	return nil
}

// readBooks counts in the database file itself, past all of our own code.
func (f *flashCrowd) readBooks(ctx context.Context, data string, a *flashAudit) (err error) {
	source := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.Join(data, "showrunner.db")}).EscapedPath(), RawQuery: "mode=ro"}
	db, err := sql.Open("sqlite", source.String())
	if err != nil {
		return fmt.Errorf("open the books: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT o.order_id, o.person_id, COALESCE(SUM(CASE WHEN l.held <> '' THEN l.qty ELSE 0 END), 0)
		FROM orders o LEFT JOIN order_lines l ON l.merchant_id = o.merchant_id AND l.order_id = o.order_id GROUP BY o.order_id, o.person_id`)
	if err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	buyers, found := map[live.PersonID]int64{}, map[live.OrderID]bool{}
	for rows.Next() {
		var id live.OrderID
		var person live.PersonID
		var held int64
		if err := rows.Scan(&id, &person, &held); err != nil {
			return fmt.Errorf("read orders: %w", err)
		}
		a.Orders++
		a.Held += held
		found[id] = true
		if buyers[person]++; buyers[person] == 2 {
			a.TwiceSold++
		}
		if f.orders[id] != person {
			a.Unknown++
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	for id := range f.orders {
		if !found[id] {
			a.Lost++
		}
	}
	var reserved, sold, released int64
	if err := db.QueryRowContext(ctx, `SELECT SUM(reserved), SUM(sold), SUM(released) FROM items`).Scan(&reserved, &sold, &released); err != nil {
		return fmt.Errorf("read the shelf: %w", err)
	}
	for _, differ := range []int64{reserved - a.Reserved, sold - a.Sold, released - a.Released, reserved + sold - a.Held, released - reserved - sold - a.Left} {
		a.Disagreement += max(differ, -differ)
	}
	if err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM order_facts WHERE kind = 'order_created'`).Scan(&a.Events); err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	return nil
}
