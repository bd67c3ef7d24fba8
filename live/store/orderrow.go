package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"showrunner/live"
)

// What an order line holds of the stock of its show.
const (
	heldNone     = ""
	heldReserved = "reserved"
	heldSold     = "sold"
)

// orderRow is an order as the database keeps it: the fold of its facts, and
// what the fold does not know.
type orderRow struct {
	live.Order
	held      []string          // of each line
	sales     map[string]string // flash sale of the lines that were placed in one
	firstPaid map[string]bool   // lines that hold nothing before they are paid
	oversold  bool              // paid for units the shelf did not have
	own       bool              // made by PlaceOrder
	buyer     string
	client    string
	total     int64     // due when it was placed
	expiresAt time.Time // of its reservation, own orders only
	seenAt    time.Time // when we first heard of it

	coupon      string // it was placed with, or empty
	couponMinor int64  // what that took off
}

// public is the order as callers see it.
func (r *orderRow) public() live.Order {
	o := r.Order
	if r.oversold && !slices.Contains(o.Flags, live.FlagOversold) {
		o.Flags = append(slices.Clone(o.Flags), live.FlagOversold)
		slices.Sort(o.Flags)
	}
	return o
}

const orderColumns = `merchant_id, order_id, show_id, room_id, person_id, channel, campaign, currency, state, cancel_type,
	created_at, paid_at, cancelled_at, flags, oversold, ver, own, buyer_id, client_id, total_minor, expires_at, seen_at,
	payment_type, fulfilment, shipped_at, received_at, completed_at, coupon_id, coupon_minor`

func scanOrder(r scanner) (orderRow, error) {
	var o orderRow
	var flags string
	var buyer, client sql.NullString
	var created, paid, cancelled, oversold, own, expires, seen, shipped, received, completed int64
	err := r.Scan(&o.Merchant, &o.ID, &o.Show, &o.Room, &o.Person, &o.Channel, &o.Campaign, &o.Currency, &o.State, &o.Cancel,
		&created, &paid, &cancelled, &flags, &oversold, &o.Ver, &own, &buyer, &client, &o.total, &expires, &seen,
		&o.Payment, &o.Fulfilment, &shipped, &received, &completed, &o.coupon, &o.couponMinor)
	o.ShippedAt, o.ReceivedAt, o.CompletedAt = at(shipped), at(received), at(completed)
	o.CreatedAt, o.PaidAt, o.CancelledAt = at(created), at(paid), at(cancelled)
	if flags != "" {
		o.Flags = strings.Split(flags, ",")
	}
	o.oversold, o.own, o.buyer, o.client = oversold != 0, own != 0, buyer.String, client.String
	o.expiresAt, o.seenAt = at(expires), at(seen)
	return o, err
}

const lineColumns = `line_id, product_id, sku_id, qty, goods_minor, discount_minor, subsidy_minor, shipping_minor, tax_minor,
	created_minor, paid_minor, refund_goods_minor, refund_ship_minor, cancelled_paid_minor, held, sale_id, first_paid,
	commission_bps, refund_pre_ship_minor, deposit_minor, settled_minor, commission_minor, commission_back_minor, balance_minor`

var lineInsert = table(`order_lines`, `merchant_id, order_id, n, `+lineColumns)

// lineRow is a line with the order it belongs to.
type lineRow struct {
	order live.OrderID
	line  live.LineTotal
	held  string
	sale  string
	first bool // paid, first served
}

func scanLine(r scanner) (lineRow, error) {
	var w lineRow
	var first int64
	l := &w.line
	err := r.Scan(&w.order, &l.ID, &l.Product, &l.SKU, &l.Qty, &l.Goods, &l.Discount, &l.Subsidy, &l.Shipping, &l.Tax,
		&l.Created, &l.Paid, &l.RefundGoods, &l.RefundShip, &l.CancelledPaid, &w.held, &w.sale, &first,
		&l.CommissionBPS, &l.RefundPreShip, &l.Deposit, &l.Settled, &l.Commission, &l.CommissionBack, &l.Balance)
	w.first = first != 0
	return w, err
}

// findOrder reads one order with its lines; ok is false if we never heard of it.
func findOrder(q querier, m live.MerchantID, id live.OrderID) (o orderRow, ok bool, err error) {
	o, err = scanOrder(q.row(`SELECT `+orderColumns+` FROM orders WHERE merchant_id = ? AND order_id = ?`, string(m), string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return orderRow{}, false, nil
	}
	if err == nil {
		list := []orderRow{o}
		err = addLines(q, m, list)
		o = list[0]
	}
	if err != nil {
		return orderRow{}, false, fmt.Errorf("read order: %w", err)
	}
	return o, true, nil
}

// addLines reads the lines of orders of one merchant.
func addLines(q querier, m live.MerchantID, orders []orderRow) error {
	if len(orders) == 0 {
		return nil
	}
	w := where{}
	w.add("merchant_id = ?", string(m))
	place := map[live.OrderID]int{}
	names := make([]live.OrderID, len(orders))
	for i := range orders {
		names[i], place[orders[i].ID] = orders[i].ID, i
	}
	in(&w, "order_id", names)
	rows, err := q.query(`SELECT order_id, `+lineColumns+` FROM order_lines`+w.sql()+` ORDER BY order_id, n`, w.args...)
	lines, err := collect(rows, err, scanLine)
	if err != nil {
		return err
	}
	for i := range lines {
		orders[place[lines[i].order]].addLine(&lines[i])
	}
	return nil
}

func (r *orderRow) addLine(l *lineRow) {
	r.Lines, r.held = append(r.Lines, l.line), append(r.held, l.held)
	if l.first {
		r.deferStock(l.line.ID)
	}
	if l.sale != "" {
		r.join(l.line.ID, l.sale)
	}
}

// join notes that a line was placed in a flash sale.
func (r *orderRow) join(line, sale string) {
	if r.sales == nil {
		r.sales = map[string]string{}
	}
	r.sales[line] = sale
}

// appendOrder adds the values of orderColumns to the arguments of an INSERT.
func appendOrder(args []any, o *orderRow) []any {
	var buyer, client any // NULL for orders that were not placed here
	if o.client != "" {
		buyer, client = o.buyer, o.client
	}
	return append(args, string(o.Merchant), string(o.ID), string(o.Show), string(o.Room), string(o.Person), o.Channel, o.Campaign, string(o.Currency),
		string(o.State), string(o.Cancel), ms(o.CreatedAt), ms(o.PaidAt), ms(o.CancelledAt), strings.Join(o.Flags, ","), bit(o.oversold),
		int64(o.Ver), bit(o.own), buyer, client, o.total, ms(o.expiresAt), ms(o.seenAt),
		string(o.Payment), string(o.Fulfilment), ms(o.ShippedAt), ms(o.ReceivedAt), ms(o.CompletedAt),
		o.coupon, o.couponMinor)
}

// appendLine adds the values of one line: its order, its number and lineColumns.
func appendLine(args []any, o *orderRow, i int) []any {
	l := &o.Lines[i]
	return append(args, string(o.Merchant), string(o.ID), i, l.ID, string(l.Product), string(l.SKU), l.Qty, l.Goods, l.Discount, l.Subsidy,
		l.Shipping, l.Tax, l.Created, l.Paid, l.RefundGoods, l.RefundShip, l.CancelledPaid, o.held[i], o.sales[l.ID], bit(o.firstPaid[l.ID]),
		l.CommissionBPS, l.RefundPreShip, l.Deposit, l.Settled, l.Commission, l.CommissionBack, l.Balance)
}
