package store

import (
	"fmt"
	"unicode/utf8"

	"showrunner/live"
)

// checkFact refuses what could not be folded, before anything is stored.
// Contradictions between facts are no fault here: the fold flags them.
func checkFact(f *Fact) error {
	switch {
	case !live.ValidID(string(f.Order)):
		return badID("order_id")
	case f.At.IsZero():
		return live.Invalid("invalid_field", "at", "is required")
	case !live.ValidID(f.Source):
		return badID("source")
	case utf8.RuneCountInString(f.Reason) > maxReason:
		return live.Invalid("invalid_field", "reason", "must be at most %d characters", maxReason)
	case f.Currency != "" && !f.Currency.Valid(), f.Currency == "" && moves(f.Kind):
		return live.Invalid("unknown_currency", "currency", "must be an ISO 4217 code we know")
	}
	switch f.Kind {
	case live.OrderCreated:
		return checkCreation(f)
	case live.OrderPaid, live.DepositPaid, live.BalancePaid:
		if !live.ValidID(f.ID) {
			return badID("payment_id")
		}
		return amount("paid_minor", f.PaidMinor)
	case live.OrderCancelled:
		if f.ID != "" {
			return live.Invalid("invalid_field", "id", "a cancellation has no name of its own")
		}
		if !f.CancelType.Valid() {
			return live.Invalid("invalid_field", "cancel_type", "must be user, timeout, all_refunded, oversold, merchant or risk")
		}
		return nil
	case live.RefundSucceeded:
		return checkRefund(f)
	}
	return checkLife(f)
}

// checkLife checks the facts between payment and settlement.
func checkLife(f *Fact) error {
	name, ok := factNames[f.Kind]
	switch {
	case !ok:
		return live.Invalid("unknown_type", "type", "is not a fact of an order")
	case name == "" && f.ID != "":
		return live.Invalid("invalid_field", "id", "a fact of this type has no name of its own")
	case name != "" && !live.ValidID(f.ID):
		return badID(name)
	}
	switch f.Kind {
	case live.OrderSettled:
		return amount("settled_minor", f.SettledMinor)
	case live.OrderPriceChanged:
		if len(f.Lines) == 0 {
			return amount("total_minor", f.TotalMinor)
		}
		return checkPrices(f)
	case live.ExchangeCreated:
		return checkExchange(&f.Exchange)
	case live.RefundRequested:
		if f.Refund.Line != "" && !live.ValidID(f.Refund.Line) {
			return badID("line_id")
		}
		if !f.Refund.Type.Valid() {
			return live.Invalid("invalid_field", "refund_type", "must be refund_only or return_goods")
		}
	}
	return nil
}

// factNames is what the name of a fact is called, empty where there is but one
// of its kind in an order.
var factNames = map[live.Kind]string{
	live.OrderPaymentFailed: "payment_id", live.OrderPriceChanged: "change_id", live.ExchangeCreated: "exchange_id",
	live.OrderPartShipped: "shipment_id", live.OrderShipped: "shipment_id", live.OrderReceived: "", live.OrderCompleted: "",
	live.OrderSettled: "settlement_id", live.RefundRequested: "refund_id", live.RefundApproved: "refund_id",
	live.RefundRejected: "refund_id", live.RefundWithdrawn: "refund_id",
}

// moves reports whether a fact of the kind speaks of money, which has a currency.
func moves(k live.Kind) bool {
	switch k {
	case live.OrderCancelled, live.OrderPaymentFailed, live.OrderPartShipped, live.OrderShipped, live.OrderReceived,
		live.OrderCompleted, live.RefundRequested, live.RefundApproved, live.RefundRejected, live.RefundWithdrawn:
		return false
	}
	return true
}

func checkPrices(f *Fact) error {
	if len(f.Lines) > maxOrderLines {
		return live.Invalid("invalid_field", "lines", "must be at most %d", maxOrderLines)
	}
	seen := map[string]bool{}
	for i := range f.Lines {
		l, at := &f.Lines[i], fmt.Sprintf("lines[%d].", i)
		if !live.ValidID(l.ID) {
			return badID(at + "line_id")
		}
		if seen[l.ID] {
			return live.Invalid("invalid_field", at+"line_id", "is given twice")
		}
		seen[l.ID] = true
		if err := checkAmounts(at, l); err != nil {
			return err
		}
	}
	return nil
}

func checkExchange(e *live.Exchange) error {
	switch {
	case e.Line != "" && !live.ValidID(e.Line):
		return badID("line_id")
	case e.OldSKU != "" && !live.ValidID(string(e.OldSKU)):
		return badID("old_sku_id")
	case e.Line == "" && e.OldSKU == "":
		return live.Invalid("invalid_field", "line_id", "or old_sku_id is required")
	case !live.ValidID(string(e.SKU)):
		return badID("sku_id")
	case e.Product != "" && !live.ValidID(string(e.Product)):
		return badID("product_id")
	case e.Qty < 0 || e.Qty > live.MaxQuantity:
		return live.Invalid("invalid_field", "qty", "must be 0 to %d", live.MaxQuantity)
	case e.Goods < -live.MaxMinor || e.Goods > live.MaxMinor:
		return live.Invalid("invalid_field", "goods_minor", "must be %d to %d", int64(-live.MaxMinor), int64(live.MaxMinor))
	}
	return nil
}

func checkAmounts(at string, l *live.OrderLine) error {
	for _, m := range []struct {
		name  string
		minor int64
	}{{"goods_minor", l.Goods}, {"discount_minor", l.Discount}, {"subsidy_minor", l.Subsidy}, {"shipping_minor", l.Shipping}, {"tax_minor", l.Tax}} {
		if err := amount(at+m.name, m.minor); err != nil {
			return err
		}
	}
	return nil
}

func checkCreation(f *Fact) error {
	if f.ID != "" {
		return live.Invalid("invalid_field", "id", "a creation has no name of its own")
	}
	for name, id := range map[string]string{"show_id": string(f.Show), "room_id": string(f.Room), "person_id": string(f.Person)} {
		if id != "" && !live.ValidID(id) {
			return badID(name)
		}
	}
	if len(f.Channel) > live.MaxIDLen || len(f.Campaign) > live.MaxIDLen {
		return live.Invalid("invalid_field", "channel", "channel and campaign must be at most %d bytes", live.MaxIDLen)
	}
	if !f.Payment.Valid() {
		return live.Invalid("invalid_field", "payment_type", "must be prepaid, presale, cod or cod_on_order")
	}
	if n := len(f.Lines); n < 1 || n > maxOrderLines {
		return live.Invalid("invalid_field", "lines", "must be 1 to %d", maxOrderLines)
	}
	seen := map[string]bool{}
	var total int64
	for i := range f.Lines {
		l, at := &f.Lines[i], fmt.Sprintf("lines[%d].", i)
		switch {
		case !live.ValidID(l.ID):
			return badID(at + "line_id")
		case seen[l.ID]:
			return live.Invalid("invalid_field", at+"line_id", "is given twice")
		case !live.ValidID(string(l.SKU)):
			return badID(at + "sku_id")
		case l.Product != "" && !live.ValidID(string(l.Product)):
			return badID(at + "product_id")
		case l.Qty < 1 || l.Qty > live.MaxQuantity:
			return live.Invalid("invalid_field", at+"qty", "must be 1 to %d", live.MaxQuantity)
		case l.CommissionBPS < 0 || l.CommissionBPS > live.WholeBPS:
			return live.Invalid("invalid_field", at+"commission_bps", "must be 0 to %d", live.WholeBPS)
		}
		seen[l.ID] = true
		if err := checkAmounts(at, l); err != nil {
			return err
		}
		total += l.Payable()
	}
	return amount("total_minor", total)
}

func checkRefund(f *Fact) error {
	if !live.ValidID(f.ID) {
		return badID("refund_id")
	}
	if n := len(f.Refunds); n < 1 || n > maxOrderLines {
		return live.Invalid("invalid_field", "lines", "must be 1 to %d", maxOrderLines)
	}
	var total int64
	for i, r := range f.Refunds {
		at := fmt.Sprintf("lines[%d].", i)
		if r.Line != "" && !live.ValidID(r.Line) {
			return badID(at + "line_id")
		}
		if r.SKU != "" && !live.ValidID(string(r.SKU)) {
			return badID(at + "sku_id")
		}
		if err := amount(at+"goods_minor", r.Goods); err != nil {
			return err
		}
		if err := amount(at+"shipping_minor", r.Shipping); err != nil {
			return err
		}
		total += r.Goods + r.Shipping
	}
	return amount("refund_minor", total)
}

func amount(name string, minor int64) error {
	if minor < 0 || minor > live.MaxMinor {
		return live.Invalid("invalid_field", name, "must be 0 to %d", int64(live.MaxMinor))
	}
	return nil
}

func badID(name string) error {
	return live.Invalid("invalid_field", name, "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
}
