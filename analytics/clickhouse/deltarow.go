package clickhouse

import (
	"time"

	"showrunner/live"
)

// deltaColumns gathers rows of order_deltas.
type deltaColumns struct {
	merchant, show, room, order, line, person, product, sku, currency, fact, source []string

	ver, idx, n []uint32
	at, factAt  []time.Time
	paidAt      []*time.Time
	rehearsal   []uint8
	seq         []uint64

	counts [len(countNames)][]int64
}

// countNames are the additive columns in the order of counts.
var countNames = [...]string{
	"orders", "orders_paid", "cancelled", "refunded", "units_created", "units_paid", "created", "paid", "subsidy",
	"refund_goods", "refund_ship", "cancelled_paid", "sku_orders", "sku_paid",
	"cancelled_user", "cancelled_timeout", "cancelled_all_refunded", "cancelled_oversold", "cancelled_merchant", "cancelled_risk",
	"deposit", "settled", "commission", "commission_back", "refund_pre_ship", "balance",
}

func counts(d *live.Delta) [len(countNames)]int64 {
	return [...]int64{
		d.Orders, d.Paid, d.Cancelled, d.Refunded, d.UnitsCreated, d.UnitsPaid, d.Created, d.PaidMinor, d.Subsidy,
		d.RefundGoods, d.RefundShip, d.CancelledPaid, d.SKUOrders, d.SKUPaid,
		d.CancelledUser, d.CancelledTimeout, d.CancelledAllRefunded, d.CancelledOversold, d.CancelledMerchant, d.CancelledForRisk,
		d.Deposit, d.Settled, d.Commission, d.CommissionBack, d.RefundPreShip, d.Balance,
	}
}

// add makes the rows of an order event. Nothing is added if it cannot be read.
func (c *deltaColumns) add(entry live.Entry) error {
	e := &entry.Event
	deltas, err := live.DecodeDeltas(e.Data)
	if err != nil {
		return err
	}
	factAt := e.OccurredAt
	if factAt.IsZero() {
		factAt = e.ReceivedAt
	}
	for i := range deltas {
		d := &deltas[i]
		c.merchant = append(c.merchant, string(e.Merchant))
		c.show = append(c.show, string(d.Show))
		c.room = append(c.room, string(d.Room))
		c.order = append(c.order, string(d.Order))
		c.ver = append(c.ver, d.Ver)
		c.line = append(c.line, d.Line)
		c.person = append(c.person, string(d.Person))
		c.product = append(c.product, string(d.Product))
		c.sku = append(c.sku, string(d.SKU))
		c.currency = append(c.currency, string(d.Currency))
		c.at = append(c.at, e.ReceivedAt.UTC())
		c.fact = append(c.fact, string(e.Kind))
		c.factAt = append(c.factAt, factAt.UTC())
		var paid *time.Time
		if !d.PaidAt.IsZero() {
			t := d.PaidAt.UTC()
			paid = &t
		}
		c.paidAt = append(c.paidAt, paid)
		c.rehearsal = append(c.rehearsal, bit(e.Rehearsal))
		c.source = append(c.source, e.Source)
		for j, v := range counts(d) {
			c.counts[j] = append(c.counts[j], v)
		}
		c.seq = append(c.seq, entry.Position.Seq)
		c.idx = append(c.idx, entry.Position.Index)
		c.n = append(c.n, uint32(i))
	}
	return nil
}

func (c *deltaColumns) block() *block {
	b := &block{
		table: "order_deltas", rows: len(c.seq),
		names: []string{
			"merchant_id", "show_id", "room_id", "order_id", "ver", "line_id", "person_id", "product_id", "sku_id", "currency",
			"at", "fact", "fact_at", "paid_at", "rehearsal", "source", "seq", "idx", "n",
		},
		data: []any{
			c.merchant, c.show, c.room, c.order, c.ver, c.line, c.person, c.product, c.sku, c.currency,
			c.at, c.fact, c.factAt, c.paidAt, c.rehearsal, c.source, c.seq, c.idx, c.n,
		},
	}
	for j, name := range countNames {
		b.names = append(b.names, name)
		b.data = append(b.data, c.counts[j])
	}
	return b
}
