package clickhouse

import (
	"github.com/ClickHouse/ch-go/proto"

	"showrunner/live"
)

// deltaColumns gathers rows of order_deltas.
type deltaColumns struct {
	table
	merchant, show, room, product, sku, currency, fact, source wordColumn
	order, line, person                                        textColumn

	ver, idx, n numberColumn[uint32]
	at, factAt  instantColumn
	paidAt      nullInstantColumn
	rehearsal   numberColumn[uint8]
	seq         numberColumn[uint64]
	counts      [len(countNames)]numberColumn[int64]

	met  live.Words
	read []live.Delta
}

func newDeltaColumns() *deltaColumns {
	c := &deltaColumns{met: live.Words{}}
	c.ver.typ, c.idx.typ, c.n.typ = proto.ColumnTypeUInt32, proto.ColumnTypeUInt32, proto.ColumnTypeUInt32
	c.rehearsal.typ, c.seq.typ = proto.ColumnTypeUInt8, proto.ColumnTypeUInt64
	c.name = "order_deltas"
	c.columns = []named{
		{"merchant_id", &c.merchant},
		{"show_id", &c.show},
		{"room_id", &c.room},
		{"order_id", &c.order},
		{"ver", &c.ver},
		{"line_id", &c.line},
		{"person_id", &c.person},
		{"product_id", &c.product},
		{"sku_id", &c.sku},
		{"currency", &c.currency},
		{"at", &c.at},
		{"fact", &c.fact},
		{"fact_at", &c.factAt},
		{"paid_at", &c.paidAt},
		{"rehearsal", &c.rehearsal},
		{"source", &c.source},
		{"seq", &c.seq},
		{"idx", &c.idx},
		{"n", &c.n},
	}
	for i, name := range countNames {
		c.counts[i].typ = proto.ColumnTypeInt64
		c.columns = append(c.columns, named{name, &c.counts[i]})
	}
	return c
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

// add makes the rows of an order event, and reads what else its data say. No rows
// are added if they cannot be read.
func (c *deltaColumns) add(entry *live.Entry, others *facts) error {
	e := &entry.Event
	deltas, plain, err := live.ScanDeltas(c.read, e.Data, c.met, others)
	if !plain {
		*others = facts{}
		others.read(e.Data)
	}
	if err != nil {
		return err
	}
	c.read = deltas
	factAt := e.OccurredAt
	if factAt.IsZero() {
		factAt = e.ReceivedAt
	}
	for i := range deltas {
		d := &deltas[i]
		row := c.rows
		c.rows++
		c.merchant.put(row, string(e.Merchant))
		c.show.put(row, string(d.Show))
		c.room.put(row, string(d.Room))
		c.order.put(row, string(d.Order))
		c.ver.put(row, d.Ver)
		c.line.put(row, d.Line)
		c.person.put(row, string(d.Person))
		c.product.put(row, string(d.Product))
		c.sku.put(row, string(d.SKU))
		c.currency.put(row, string(d.Currency))
		c.at.put(row, e.ReceivedAt)
		c.fact.put(row, string(e.Kind))
		c.factAt.put(row, factAt)
		c.paidAt.put(row, d.PaidAt)
		c.rehearsal.put(row, bit(e.Rehearsal))
		c.source.put(row, e.Source)
		for j, v := range counts(d) {
			c.counts[j].put(row, v)
		}
		c.seq.put(row, entry.Position.Seq)
		c.idx.put(row, entry.Position.Index)
		c.n.put(row, uint32(i))
	}
	return nil
}
