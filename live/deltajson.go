package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// deltaJSON is one delta as it travels in the data of an order event. Zero
// members are left out: most rows change three or four counters.
type deltaJSON struct {
	Line           string    `json:"line_id,omitempty"`
	Ver            uint32    `json:"ver"`
	Show           ShowID    `json:"show_id,omitempty"`
	Room           RoomID    `json:"room_id,omitempty"`
	Person         PersonID  `json:"person_id,omitempty"`
	Product        ProductID `json:"product_id,omitempty"`
	SKU            SKUID     `json:"sku_id,omitempty"`
	Currency       Currency  `json:"currency,omitempty"`
	PaidAt         string    `json:"paid_at,omitempty"`
	Orders         int64     `json:"orders,omitempty"`
	Paid           int64     `json:"paid,omitempty"`
	Cancelled      int64     `json:"cancelled,omitempty"`
	Refunded       int64     `json:"refunded,omitempty"`
	UnitsCreated   int64     `json:"units_created,omitempty"`
	UnitsPaid      int64     `json:"units_paid,omitempty"`
	Created        int64     `json:"created_minor,omitempty"`
	PaidMinor      int64     `json:"paid_minor,omitempty"`
	Subsidy        int64     `json:"subsidy_minor,omitempty"`
	RefundGoods    int64     `json:"refund_goods_minor,omitempty"`
	RefundShip     int64     `json:"refund_ship_minor,omitempty"`
	CancelledPaid  int64     `json:"cancelled_paid_minor,omitempty"`
	SKUOrders      int64     `json:"sku_orders,omitempty"`
	SKUPaid        int64     `json:"sku_paid,omitempty"`
	ByUser         int64     `json:"cancelled_user,omitempty"`
	ByTimeout      int64     `json:"cancelled_timeout,omitempty"`
	AllRefunded    int64     `json:"cancelled_all_refunded,omitempty"`
	Oversold       int64     `json:"cancelled_oversold,omitempty"`
	ByMerchant     int64     `json:"cancelled_merchant,omitempty"`
	ForRisk        int64     `json:"cancelled_risk,omitempty"`
	Deposit        int64     `json:"deposit_minor,omitempty"`
	Balance        int64     `json:"balance_minor,omitempty"`
	Settled        int64     `json:"settled_minor,omitempty"`
	Commission     int64     `json:"commission_minor,omitempty"`
	CommissionBack int64     `json:"commission_back_minor,omitempty"`
	RefundPreShip  int64     `json:"refund_pre_ship_minor,omitempty"`
}

// deltaTime is RFC 3339 in UTC with milliseconds, the one form of time on the wire.
const deltaTime = "2006-01-02T15:04:05.000Z07:00"

// EncodeDeltas is the "deltas" member of an order event: a JSON array, "[]"
// for none. The order's id is not in the rows; it stands beside the array as
// "order_id".
func EncodeDeltas(ds []Delta) json.RawMessage { return json.RawMessage(AppendDeltas(nil, ds)) }

// AppendDeltas appends what [EncodeDeltas] gives. The members stand in the
// order of deltaJSON.
func AppendDeltas(t JSONText, ds []Delta) JSONText {
	t = append(t, '[')
	for i := range ds {
		if i > 0 {
			t = append(t, ',')
		}
		ds[i].appendTo(&t)
	}
	return append(t, ']')
}

func (d *Delta) appendTo(t *JSONText) {
	t.Open()
	t.Text("line_id", d.Line)
	t.Int("ver", int64(d.Ver))
	t.Text("show_id", string(d.Show))
	t.Text("room_id", string(d.Room))
	t.Text("person_id", string(d.Person))
	t.Text("product_id", string(d.Product))
	t.Text("sku_id", string(d.SKU))
	t.Text("currency", string(d.Currency))
	if !d.PaidAt.IsZero() {
		t.Name("paid_at")
		*t = append(d.PaidAt.UTC().AppendFormat(append(*t, '"'), deltaTime), '"')
	}
	t.Count("orders", d.Orders)
	t.Count("paid", d.Paid)
	t.Count("cancelled", d.Cancelled)
	t.Count("refunded", d.Refunded)
	t.Count("units_created", d.UnitsCreated)
	t.Count("units_paid", d.UnitsPaid)
	t.Count("created_minor", d.Created)
	t.Count("paid_minor", d.PaidMinor)
	t.Count("subsidy_minor", d.Subsidy)
	t.Count("refund_goods_minor", d.RefundGoods)
	t.Count("refund_ship_minor", d.RefundShip)
	t.Count("cancelled_paid_minor", d.CancelledPaid)
	t.Count("sku_orders", d.SKUOrders)
	t.Count("sku_paid", d.SKUPaid)
	t.Count("cancelled_user", d.CancelledUser)
	t.Count("cancelled_timeout", d.CancelledTimeout)
	t.Count("cancelled_all_refunded", d.CancelledAllRefunded)
	t.Count("cancelled_oversold", d.CancelledOversold)
	t.Count("cancelled_merchant", d.CancelledMerchant)
	t.Count("cancelled_risk", d.CancelledForRisk)
	t.Count("deposit_minor", d.Deposit)
	t.Count("balance_minor", d.Balance)
	t.Count("settled_minor", d.Settled)
	t.Count("commission_minor", d.Commission)
	t.Count("commission_back_minor", d.CommissionBack)
	t.Count("refund_pre_ship_minor", d.RefundPreShip)
	t.Close()
}

// DecodeDeltas reads the deltas of an order event. Give it the event's whole
// data, and the order's id is filled in from "order_id"; a bare array of rows
// is read too and leaves the id empty. Times are UTC.
func DecodeDeltas(data json.RawMessage) ([]Delta, error) {
	var body struct {
		Order  OrderID     `json:"order_id"`
		Deltas []deltaJSON `json:"deltas"`
	}
	var err error
	if bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("[")) {
		err = json.Unmarshal(data, &body.Deltas)
	} else {
		err = json.Unmarshal(data, &body)
	}
	if err != nil {
		return nil, fmt.Errorf("decode order deltas: %w", err)
	}
	if len(body.Deltas) == 0 {
		return nil, nil
	}
	out := make([]Delta, len(body.Deltas))
	for i := range body.Deltas {
		r := &body.Deltas[i]
		out[i] = Delta{
			Order: body.Order, Ver: r.Ver, Line: r.Line, Show: r.Show, Room: r.Room, Person: r.Person,
			Product: r.Product, SKU: r.SKU, Currency: r.Currency, Orders: r.Orders, Paid: r.Paid,
			Cancelled: r.Cancelled, Refunded: r.Refunded, UnitsCreated: r.UnitsCreated, UnitsPaid: r.UnitsPaid,
			Created: r.Created, PaidMinor: r.PaidMinor, Subsidy: r.Subsidy, RefundGoods: r.RefundGoods,
			RefundShip: r.RefundShip, CancelledPaid: r.CancelledPaid, SKUOrders: r.SKUOrders, SKUPaid: r.SKUPaid,
			CancelledUser: r.ByUser, CancelledTimeout: r.ByTimeout, CancelledAllRefunded: r.AllRefunded, CancelledOversold: r.Oversold,
			CancelledMerchant: r.ByMerchant, CancelledForRisk: r.ForRisk, Deposit: r.Deposit, Balance: r.Balance, Settled: r.Settled,
			Commission: r.Commission, CommissionBack: r.CommissionBack, RefundPreShip: r.RefundPreShip,
		}
		if r.PaidAt != "" {
			at, err := time.Parse(time.RFC3339Nano, r.PaidAt)
			if err != nil {
				return nil, fmt.Errorf("decode order deltas: paid_at: %w", err)
			}
			out[i].PaidAt = at.UTC()
		}
	}
	return out, nil
}
