package clickhouse

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// tally is every figure of a show: by key, and by where it stands, its value or
// its numerator and denominator.
type tally map[string]map[string][2]int64

func (t tally) put(key, place string, num, den int64) {
	if t[key] == nil {
		t[key] = map[string][2]int64{}
	}
	t[key][place] = [2]int64{num, den}
}

// published is what figures come to in everything a show is told in.
func published(t *testing.T, show live.Show, f *analytics.Figures, past []analytics.PastShow) tally {
	t.Helper()
	out := tally{}
	for _, v := range analytics.Read(f, show.Currency, 0).Values(true) {
		out.put(v.Metric.Key, "", v.Num, v.Den)
	}
	timeline, err := analytics.Timeline(show, f, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range map[string]struct {
		analytics.Table
		labels []string
	}{
		"product": {analytics.ProductTable(f, show.Currency), []string{"product_id"}}, "source": {analytics.SourceTable(f, show.Currency), []string{"channel"}},
		"host": {analytics.HostTable(f, show.Currency), []string{"shift_id"}}, "step": {analytics.FunnelTable(f), []string{"key"}},
		"ladder": {analytics.LadderTable(f), []string{"from", "to"}}, "earned": {analytics.EarnedTable(f), []string{"currency", "referrer_id"}},
		"minute": {timeline, []string{"t"}},
	} {
		for _, row := range table.Rows {
			var label []string
			for _, l := range table.labels {
				label = append(label, row[table.Column(l)].Text)
			}
			for i, c := range table.Columns {
				if c.Unit != analytics.UnitText && c.Unit != analytics.UnitTime && c.Unit != analytics.UnitList {
					out.put(c.Key, name+" "+strings.Join(label, " "), row[i].Num, row[i].Den)
				}
			}
		}
	}
	for _, r := range analytics.RecentOf(show, f) {
		out.put(r.Figure.Key, "now", r.Now.Num, r.Now.Den)
		out.put(r.Figure.Key, "before", r.Before.Num, r.Before.Den)
	}
	for _, s := range analytics.StandingOf(show, f, past) {
		out.put(s.Figure.Key, "", s.Place.Num, s.Place.Den)
	}
	return out
}

// flow is one movement of an order, worked out from what was said of it.
type flow struct {
	at                                                       time.Time
	n                                                        int // index of its fact
	cur, person, product                                     string
	orders, ordersPaid, refunded, sku, skuPaid, items        int64
	created, paid, subsidy, refundGoods, refundShip, preShip int64
	payDate, payDateGoods                                    int64 // refunds of what was paid while the show was on
	cancelledPaid, settled, deposit, balance, comm, back     int64
	cancel                                                   string
}

// spoken are the members of facts that the count by hand looks at.
type spoken struct {
	Order     string    `json:"order_id"`
	Lines     []rawLine `json:"lines"`
	Currency  string    `json:"currency"`
	Cancel    string    `json:"cancel_type"`
	Paid      int64     `json:"paid"`
	Settled   int64     `json:"settled"`
	Line      string    `json:"refund_line"`
	Goods     int64     `json:"refund_goods"`
	Shipping  int64     `json:"refund_shipping"`
	Product   string    `json:"product_id"`
	Count     int64     `json:"count"`
	Value     int64     `json:"value_minor"`
	Visible   bool      `json:"visible"`
	Watched   int64     `json:"watched_ms"`
	Comment   string    `json:"comment_id"`
	Shift     string    `json:"shift_id"`
	From      string    `json:"from"`
	To        string    `json:"to"`
	Withdrawn bool      `json:"withdrawn"`
	Referrer  string    `json:"referrer"`
	Minor     int64     `json:"commission_minor"`
	Amount    int64     `json:"amount_minor"`
	Discount  int64     `json:"discount_minor"`
	PaidMinor int64     `json:"paid_minor"`
	Redeemed  bool      `json:"redeemed"`
}

// fact is one raw event with what was said in it.
type fact struct {
	live.Event
	spoken
	n int
}

func rawFacts(t *testing.T, entries []live.Entry) []fact {
	t.Helper()
	out := make([]fact, len(entries))
	for i := range entries {
		out[i] = fact{Event: entries[i].Event, n: i}
		if err := json.Unmarshal(entries[i].Event.Data, &out[i].spoken); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// flowsOf works out the movements of orders: what is due is paid in full, or by a
// deposit and a balance; refunds and cancellations take back.
func flowsOf(show live.Show, facts []fact) []flow {
	type state struct {
		fact
		lines   []rawLine
		deposit int64
		paidAt  time.Time
		shipped bool
	}
	orders := map[string]*state{}
	var out []flow
	due := func(l rawLine) int64 { return l.Goods - l.Discount - l.Subsidy + l.Shipping }
	commission := func(l rawLine, goods int64) int64 { return goods * l.BPS / 10_000 }
	for _, f := range facts {
		o := orders[f.Order]
		at := func(product string) flow {
			return flow{at: f.ReceivedAt, n: f.n, cur: o.Currency, person: string(o.Person), product: product}
		}
		switch f.Kind {
		case live.OrderCreated:
			o = &state{fact: f, lines: f.Lines}
			orders[f.Order] = o
			x := at("")
			x.orders = 1
			out = append(out, x)
			for _, l := range o.lines {
				x := at(l.Product)
				x.sku, x.created = 1, due(l)
				out = append(out, x)
			}
		case live.DepositPaid:
			o.deposit = f.Paid
			x := at("")
			x.deposit = f.Paid
			out = append(out, x)
		case live.OrderPaid, live.BalancePaid:
			o.paidAt = f.ReceivedAt
			x := at("")
			x.ordersPaid, x.deposit = 1, -o.deposit
			if f.Kind == live.BalancePaid {
				x.balance = f.Paid
			}
			out = append(out, x)
			for _, l := range o.lines {
				x := at(l.Product)
				x.skuPaid, x.items, x.paid, x.subsidy, x.comm = 1, l.Qty, due(l), l.Subsidy, commission(l, due(l)-l.Shipping)
				out = append(out, x)
			}
		case live.OrderShipped:
			o.shipped = true
		case live.RefundSucceeded:
			for _, l := range o.lines {
				if l.Line != f.Line {
					continue
				}
				x := at(l.Product)
				x.refunded, x.refundGoods, x.refundShip, x.back = 1, f.Goods, f.Shipping, commission(l, f.Goods)
				if !o.shipped {
					x.preShip = f.Goods + f.Shipping
				}
				if !o.paidAt.Before(show.StartedAt) && !o.paidAt.After(show.EndedAt) {
					x.payDate, x.payDateGoods = f.Goods+f.Shipping, f.Goods
				}
				out = append(out, x)
			}
		case live.OrderCancelled:
			x := at("")
			x.cancel = f.Cancel
			out = append(out, x)
			for _, l := range o.lines {
				if x := at(l.Product); !o.paidAt.IsZero() {
					x.cancelledPaid, x.back = due(l), commission(l, due(l)-l.Shipping)
					out = append(out, x)
				}
			}
		case live.OrderSettled:
			x := at("")
			x.settled = f.Settled
			out = append(out, x)
		}
	}
	return out
}

// stamp is an instant as tables show it.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

func mustRead(data []byte, into any) {
	if err := json.Unmarshal(data, into); err != nil {
		panic(err)
	}
}
