package complaint

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"showrunner/conversion/care"
	"showrunner/conversion/care/text"
	"showrunner/live"
	"showrunner/live/store"
)

// Figures are the complaints about orders that were paid in a time, or about a
// show, beside the orders that were paid.
type Figures struct {
	Paid        int64 // orders, by when they were paid; rehearsals are in nothing
	Complaints  int64 // that count, of those orders
	Orders      int64 // of those orders, that have one or more
	ByCause     map[Cause]int64
	Suggested   int64 // a machine's guesses that nobody has confirmed so far: in none of the above
	Withdrawn   int64 // taken back, likewise
	OrderLess   int64 // that count and are of no order, by when they were told: in no rate
	Resolved    int64 // of Complaints
	ResolveTime time.Duration
	Rated       int64 // of Complaints, asked afterwards, who gave a score
	Satisfied   int64 // of Rated, 4 or 5
}

// FigureQuestion asks for figures.
type FigureQuestion struct {
	Reach   care.Reach
	Show    live.ShowID    // empty: all
	Product live.ProductID // empty: all; else orders with it and complaints of it
	From    time.Time      // zero: from the beginning
	Until   time.Time      // zero: until AsOf
	AsOf    time.Time
}

// Figures counts as of an instant: what was paid, told and decided after it is in
// nothing.
func (b *Book) Figures(ctx context.Context, f FigureQuestion) (out Figures, err error) {
	err = b.store.Snapshot(ctx, func(q store.Querier) error {
		out, err = figuresOf(q, f)
		return err
	})
	return out, err
}

func figuresOf(q store.Querier, f FigureQuestion) (Figures, error) {
	from, until, asOf := store.Millis(f.From), store.Millis(f.Until), store.Millis(f.AsOf)
	if f.Until.IsZero() || until > asOf {
		until = asOf + 1
	}
	out := Figures{ByCause: map[Cause]int64{}}
	paid := paidOrders(f.Reach.Merchant, f.Show, f.Product, from, until)
	if err := q.Row(`SELECT COUNT(*) FROM orders o`+paid.SQL(), paid.Args()...).Scan(&out.Paid); err != nil {
		return out, fmt.Errorf("count paid orders: %w", err)
	}
	var w store.Where
	within(f.Reach, &w)
	if f.Show != "" {
		w.Add("c.show_id = ?", string(f.Show))
	}
	if f.Product != "" {
		w.Add("c.product_id = ?", string(f.Product))
	}
	rows, err := q.Query(`SELECT c.order_id, c.opened_at, c.score, c.followed_at, l.state, l.cause, COALESCE(o.paid_at, 0), COALESCE(s.rehearsal, 0),
			COALESCE((SELECT MAX(x.at) FROM care_complaint_log x WHERE x.merchant_id = c.merchant_id AND x.complaint_id = c.complaint_id AND x.step = 'resolve' AND x.at <= ?), 0)
		FROM care_complaints c
		JOIN care_complaint_log l ON l.merchant_id = c.merchant_id AND l.complaint_id = c.complaint_id AND l.n = (
			SELECT MAX(x.n) FROM care_complaint_log x WHERE x.merchant_id = c.merchant_id AND x.complaint_id = c.complaint_id AND x.at <= ?)
		LEFT JOIN orders o ON o.merchant_id = c.merchant_id AND o.order_id = c.order_id AND c.order_id <> ''
		LEFT JOIN shows s ON s.show_id = o.show_id`+w.SQL(), append([]any{asOf, asOf}, w.Args()...)...)
	type row struct {
		order                                    live.OrderID
		opened, score, followed, paid, rehearsal int64
		resolved                                 int64
		state                                    State
		cause                                    Cause
	}
	list, err := store.Collect(rows, err, func(r store.Scanner) (x row, err error) {
		return x, r.Scan(&x.order, &x.opened, &x.score, &x.followed, &x.state, &x.cause, &x.paid, &x.rehearsal, &x.resolved)
	})
	if err != nil {
		return out, fmt.Errorf("count complaints: %w", err)
	}
	seen := map[live.OrderID]bool{}
	for _, x := range list {
		of := x.paid
		if x.order == "" {
			of = x.opened
		}
		if of == 0 || of < from || of >= until || x.rehearsal != 0 {
			continue
		}
		switch {
		case x.state == Suggested:
			out.Suggested++
			continue
		case x.state == Withdrawn:
			out.Withdrawn++
			continue
		case !x.state.Counts():
			continue
		case x.order == "":
			out.OrderLess++
			continue
		}
		out.Complaints++
		out.ByCause[x.cause]++
		if !seen[x.order] {
			seen[x.order] = true
			out.Orders++
		}
		if x.state == Resolved {
			out.Resolved++
			out.ResolveTime += time.Duration(x.resolved-x.opened) * time.Millisecond
		}
		if x.score > 0 && x.followed <= asOf {
			out.Rated++
			if x.score >= 4 {
				out.Satisfied++
			}
		}
	}
	return out, nil
}

// paidOrders are the conditions of orders o that were paid in a time, without
// those of rehearsals.
func paidOrders(m live.MerchantID, show live.ShowID, product live.ProductID, from, until int64) *store.Where {
	var w store.Where
	w.Add("o.merchant_id = ?", string(m))
	w.Add("o.paid_at > 0")
	w.Add("o.paid_at >= ?", from)
	w.Add("o.paid_at < ?", until)
	if show != "" {
		w.Add("o.show_id = ?", string(show))
	}
	w.Add("NOT EXISTS (SELECT 1 FROM shows s WHERE s.show_id = o.show_id AND s.rehearsal <> 0)")
	if product != "" {
		w.Add("EXISTS (SELECT 1 FROM order_lines n WHERE n.merchant_id = o.merchant_id AND n.order_id = o.order_id AND n.product_id = ?)", string(product))
	}
	return &w
}

// Causes are all causes, those with most complaints first, ties in the order of
// reports.
func (f *Figures) Causes() []Cause {
	list := text.Causes()
	slices.SortStableFunc(list, func(a, b Cause) int { return cmp.Compare(f.ByCause[b], f.ByCause[a]) })
	return list
}
