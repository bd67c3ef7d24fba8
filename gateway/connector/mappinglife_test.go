package connector

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// everyKind maps a platform that tells each kind of fact under its own name.
const everyKind = `{
  "version": 1,
  "signature": {"algorithm": "hmac-sha256", "template": "{body}", "header": "Sign"},
  "event": {"path": "kind", "kinds": {KINDS}},
  "amount": {"unit": "major"},
  "currency": {"path": "cur"},
  "time": {"unit": "s"},
  "refund_type": {"values": {"goods": "return_goods"}, "default": "refund_only"},
  "payment_type": {"values": {"two parts": "presale"}},
  "facts": {
    "order_created": {"order_id": "o", "at": "t", "payment_type": "pay", "lines": "lines[]", "line": {"line_id": "l", "sku_id": "s", "qty": "n", "goods": "g"}},
    "order_price_changed": {"order_id": "o", "at": "t", "lines": "lines[]", "line": {"line_id": "l", "goods": "g", "shipping": "post"}},
    "exchange_created": {"order_id": "o", "at": "t", "exchange_id": "id", "old_sku_id": "old", "sku_id": "new", "qty": "n", "goods": "diff"},
    "order_payment_failed": {"order_id": "o", "at": "t", "payment_id": "id", "reason": "why"},
    "order_paid": {"order_id": "o", "at": "t", "paid": "sum", "payment_id": "id"},
    "presale_deposit_paid": {"order_id": "o", "at": "t", "paid": "sum", "payment_id": "id"},
    "balance_paid": {"order_id": "o", "at": "t", "paid": "sum"},
    "order_part_shipped": {"order_id": "o", "at": "t", "shipment_id": "id"},
    "order_shipped": {"order_id": "o", "at": "t"},
    "order_received": {"order_id": "o", "at": "t"},
    "order_completed": {"order_id": "o", "at": "t"},
    "refund_requested": {"order_id": "o", "at": "t", "refund_id": "id", "refund_type": "wants", "line_id": "l", "reason": "why"},
    "refund_approved": {"order_id": "o", "at": "t", "refund_id": "id"},
    "refund_rejected": {"order_id": "o", "at": "t", "refund_id": "id", "reason": "why"},
    "refund_withdrawn": {"order_id": "o", "at": "t", "refund_id": "id"},
    "refund_succeeded": {"order_id": "o", "at": "t", "refund_id": "id", "goods": "sum", "line_id": "l"},
    "order_cancelled": {"order_id": "o", "at": "t"},
    "order_settled": {"order_id": "o", "at": "t", "settled": "sum"}
  }
}`

func everyKindMapping() string {
	var kinds []string
	for _, k := range live.OrderKinds {
		kinds = append(kinds, `"`+string(k)+`": "`+string(k)+`"`)
	}
	return strings.Replace(everyKind, "KINDS", strings.Join(kinds, ", "), 1)
}

// TestMappingKinds: a mapping can describe every fact there is of an order.
func TestMappingKinds(t *testing.T) {
	m, err := ParseMapping([]byte(everyKindMapping()))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1767355200, 0).UTC()
	want := map[live.Kind]live.OrderFact{
		live.OrderCreated:       {Payment: live.Presale, Lines: []live.OrderLine{{ID: "1", SKU: "s1", Qty: 2, Goods: 1990}}},
		live.OrderPriceChanged:  {ID: "1767355200000", Lines: []live.OrderLine{{ID: "1", Goods: 1990, Shipping: 500}}},
		live.ExchangeCreated:    {ID: "x", Exchange: live.Exchange{OldSKU: "s1", SKU: "s2", Qty: 2, Goods: -150}},
		live.OrderPaymentFailed: {ID: "x", Reason: "no funds"},
		live.OrderPaid:          {ID: "x", PaidMinor: 1999},
		live.DepositPaid:        {ID: "x", PaidMinor: 1999},
		live.BalancePaid:        {ID: "7", PaidMinor: 1999},
		live.OrderPartShipped:   {ID: "x"},
		live.OrderShipped:       {ID: "7"},
		live.OrderReceived:      {},
		live.OrderCompleted:     {},
		live.RefundRequested:    {ID: "x", Reason: "no funds", Refund: live.RefundRequest{Line: "1", Type: live.ReturnGoods}},
		live.RefundApproved:     {ID: "x"},
		live.RefundRejected:     {ID: "x", Reason: "no funds"},
		live.RefundWithdrawn:    {ID: "x"},
		live.RefundSucceeded:    {ID: "x", Refunds: []live.RefundLine{{Line: "1", Goods: 1999}}},
		live.OrderCancelled:     {CancelType: live.CancelUser},
		live.OrderSettled:       {ID: "7", SettledMinor: 1999},
	}
	const body = `{"kind":"KIND","cur":"CNY","o":7,"t":1767355200,"id":"x","pay":"two parts","wants":"goods","why":"no funds","sum":"19.99","l":"1","old":"s1","new":"s2","n":2,"diff":"-1.50",` +
		`"lines":[{"l":"1","s":"s1","n":2,"g":"19.90","post":5}]}`
	for _, k := range live.OrderKinds {
		f, ok := want[k]
		if !ok {
			t.Errorf("%s: the test does not know what to expect", k)
			continue
		}
		f.Kind, f.At, f.Currency = k, at, "CNY"
		d, err := m.Read(none, []byte(strings.Replace(body, "KIND", string(k), 1)))
		if err != nil {
			t.Errorf("%s: %v", k, err)
			continue
		}
		same(t, string(k), d.Facts, []store.Fact{fact("7", f)})
	}
	for _, k := range live.OrderKinds {
		// What moves no money needs no currency; a wrong one is refused anyway.
		_, err := m.Read(none, []byte(replaced(body, "KIND", string(k), `"cur":"CNY",`, "")))
		if free := moneyless(k); free != (err == nil) {
			t.Errorf("%s without a currency: %v", k, err)
		}
		_, err = m.Read(none, []byte(replaced(body, "KIND", string(k), `"CNY"`, `"RMB"`)))
		wantCode(t, string(k), err, "unknown_currency")
	}
	for name, change := range map[string][]string{
		"an odd difference":  {"KIND", "exchange_created", `"-1.50"`, `"--1.50"`},
		"no parcel":          {"KIND", "order_part_shipped", `"id":"x",`, ""},
		"no new price":       {"KIND", "order_price_changed", `"g":"19.90",`, ""},
		"no line to price":   {"KIND", "order_price_changed", `"lines":[{`, `"others":[{`},
		"no settled amount":  {"KIND", "order_settled", `"sum":"19.99",`, ""},
		"no name of payment": {"KIND", "order_payment_failed", `"id":"x",`, ""},
	} {
		_, err := m.Read(none, []byte(replaced(body, change...)))
		wantCode(t, name, err, "invalid_field")
	}
}

// TestMappingFaults: every fault of a file is told at once, in the order of its
// lines, then what it lacks.
func TestMappingFaults(t *testing.T) {
	bad := replaced(everyKindMapping(), `"hmac-sha256"`, `"rot13"`, `"amount": {"unit": "major"}`, `"amount": {"unit": "fen"}`,
		`"default": "refund_only"`, `"default": "maybe"`, `"sku_id": "new", `, "", `"settled": "sum"`, `"settled": "sum[]"`)
	m, faults := CheckMapping([]byte(bad))
	if m != nil {
		t.Error("a bad mapping can be used")
	}
	same(t, "faults", faults, []Fault{
		{3, 30, "signature.algorithm", "must be one of hmac-sha256, hmac-sha1, md5"},
		{5, 22, "amount.unit", "must be one of minor, major"},
		{8, 67, "refund_type.default", "must be refund_only or return_goods"},
		{28, 62, "facts.order_settled.settled", "must lead to one value, without []"},
		{13, 25, "facts.exchange_created.sku_id", "sku_id is required"},
	})
	_, faults = CheckMapping([]byte(replaced(everyKindMapping(), `"order_received": {"order_id": "o", "at": "t"},`, "", `"order_completed": {"order_id": "o", "at": "t"},`, "")))
	if len(faults) != 2 || faults[0].Path != "facts.order_completed" || faults[1].Path != "facts.order_received" {
		t.Errorf("facts that are announced and not described: %+v", faults)
	}
}

// TestNamedMapping: an integration may name a mapping of the configuration.
func TestNamedMapping(t *testing.T) {
	m, err := ParseMapping([]byte(everyKindMapping()))
	if err != nil {
		t.Fatal(err)
	}
	c := All(http.DefaultClient, map[string]*Mapping{"ours": m})["mapping"]
	_, err = c.Seal(Settings{"secret": "s", "mapping": `"theirs"`})
	wantCode(t, "an unknown name", err, "invalid_field")
	sealed := mustSeal(t, c, Settings{"secret": "s", "mapping": `"ours"`})
	const body = `{"kind":"order_received","o":"7","t":1767355200}`
	sum := hex256("s", body)
	if err := c.Verify(sealed, values("Sign", sum), none, []byte(body), noon); err != nil {
		t.Errorf("its signature: %v", err)
	}
	if d, err := c.Read(sealed, none, []byte(body)); err != nil || len(d.Facts) != 1 || d.Facts[0].OrderFact.Kind != live.OrderReceived {
		t.Errorf("read %+v, %v", d, err)
	}
	// A server that was started without it lets nothing in.
	c = All(http.DefaultClient, nil)["mapping"]
	wantCode(t, "without the mapping", c.Verify(sealed, values("Sign", sum), none, []byte(body), noon), CodeInvalid)
}
