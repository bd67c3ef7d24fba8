package connector

import (
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// iPodOrder has the members we read of the fixture order.json of
// Shopify/shopify_python_api (test/fixtures, commit bf871c7), which is the
// example order of Shopify's own documentation.
const iPodOrder = `{"cancel_reason":null,"cancelled_at":null,"created_at":"2008-01-10T11:00:00-05:00","currency":"USD","id":450789469,"taxes_included":false,"test":false,
 "total_price":"409.94","total_tax":"11.94","updated_at":"2008-01-10T11:00:00-05:00","note_attributes":[{"name":"custom engraving","value":"Happy Birthday"},{"name":"colour","value":"green"}],
 "line_items":[
  {"id":466157049,"price":"199.00","product_id":632910392,"quantity":1,"sku":"IPOD2008GREEN","variant_id":39072856},
  {"id":518995019,"price":"199.00","product_id":632910392,"quantity":1,"sku":"IPOD2008RED","variant_id":49148385},
  {"id":703073504,"price":"199.00","product_id":632910392,"quantity":1,"sku":"IPOD2008BLACK","variant_id":457924702}],
 "shipping_lines":[{"code":"Free Shipping","price":"0.00"}],"customer":{"id":207119551}}`

// iPodRefund has the members we read of the fixture refund.json of the same
// (commit 2f53a7c): 209.00 came back for two lines of 199.00.
const iPodRefund = `{"id":509562969,"order_id":450789469,"created_at":"2016-06-20T13:35:06-04:00","note":"it broke during shipping","restock":true,
 "refund_line_items":[
  {"id":104689539,"quantity":1,"line_item_id":703073504,"line_item":{"id":703073504,"price":"199.00","quantity":1}},
  {"id":709875399,"quantity":1,"line_item_id":466157049,"line_item":{"id":466157049,"price":"199.00","quantity":1}}],
 "transactions":[{"id":179259969,"amount":"209.00","kind":"refund","status":"success","currency":"USD"}],"order_adjustments":[]}`

func readShopify(t testing.TB, topic, body string) (store.Delivery, error) {
	t.Helper()
	return shopify{}.Read("", values(shopifyTopic, topic, shopifyDelivery, "w1"), []byte(body))
}

func TestShopifyPublishedOrder(t *testing.T) {
	d, err := readShopify(t, "orders/create", iPodOrder)
	if err != nil {
		t.Fatal(err)
	}
	line := func(id, sku string) live.OrderLine {
		return live.OrderLine{ID: id, Product: "632910392", SKU: live.SKUID(sku), Qty: 1, Goods: 19900, Tax: 398}
	}
	at := time.Date(2008, 1, 10, 16, 0, 0, 0, time.UTC)
	same(t, "created", d, store.Delivery{Messages: []string{"w1"}, Topics: []string{"orders/create"}, Facts: []store.Fact{fact("450789469", live.OrderFact{
		Kind: live.OrderCreated, At: at, Currency: "USD", Person: "207119551",
		Lines: []live.OrderLine{line("466157049", "IPOD2008GREEN"), line("518995019", "IPOD2008RED"), line("703073504", "IPOD2008BLACK")},
	})}})
	if d, err = readShopify(t, "orders/paid", iPodOrder); err != nil {
		t.Fatal(err)
	}
	same(t, "paid", d.Facts, []store.Fact{fact("450789469", live.OrderFact{Kind: live.OrderPaid, ID: "450789469", At: at, Currency: "USD", PaidMinor: 40994})})
	if d, err = readShopify(t, "refunds/create", iPodRefund); err != nil {
		t.Fatal(err)
	}
	same(t, "refund", d.Facts, []store.Fact{fact("450789469", live.OrderFact{
		Kind: live.RefundSucceeded, ID: "509562969", At: time.Date(2016, 6, 20, 17, 35, 6, 0, time.UTC), Currency: "USD", Reason: "it broke during shipping",
		Refunds: []live.RefundLine{{Line: "703073504", Goods: 10450}, {Line: "466157049", Goods: 10450}},
	})})
}

func TestShopifyLines(t *testing.T) {
	for name, tc := range map[string]struct {
		body string
		want []live.OrderLine
	}{
		"discounts, tax and shipping": {
			`{"id":1,"created_at":"2026-01-01T00:00:00Z","currency":"USD","line_items":[
			 {"id":11,"variant_id":21,"sku":"","quantity":2,"price":"10.00","total_discount":"9.99","discount_allocations":[{"amount":"1.00"},{"amount":"0.50"}],"tax_lines":[{"price":"1.48"}]},
			 {"id":12,"variant_id":22,"sku":"B","quantity":1,"price":10,"total_discount":"2.00","tax_lines":[{"price":0.64}]}],
			 "shipping_lines":[{"price":"5.00","discount_allocations":[{"amount":"1.00"}],"tax_lines":[{"price":"0.31"}]}]}`,
			[]live.OrderLine{
				{ID: "11", SKU: "21", Qty: 2, Goods: 2000, Discount: 150, Shipping: 267, Tax: 148 + 21},
				{ID: "12", SKU: "B", Qty: 1, Goods: 1000, Discount: 200, Shipping: 133, Tax: 64 + 10},
			},
		},
		"tax is in the price": {
			`{"id":1,"created_at":"2026-01-01T00:00:00Z","currency":"JPY","taxes_included":true,"total_tax":"100","line_items":[{"id":11,"sku":"an odd sku","quantity":1,"price":"1100","tax_lines":[{"price":"100"}]}]}`,
			[]live.OrderLine{{ID: "11", SKU: "11", Qty: 1, Goods: 1100}},
		},
	} {
		d, err := readShopify(t, "orders/create", tc.body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		same(t, name, d.Facts[0].Lines, tc.want)
	}
	d, err := readShopify(t, "orders/create", `{"id":1,"created_at":"2026-01-01T00:00:00Z","currency":"USD","line_items":[],"note_attributes":[{"name":"showrunner_show_id","value":"s1"},{"name":"showrunner_person_id","value":7},{"name":"showrunner_channel","value":"group"}]}`)
	if err != nil || d.Facts[0].Show != "s1" || d.Facts[0].Person != "7" || d.Facts[0].Channel != "group" {
		t.Errorf("hints: %+v, %v", d, err)
	}
}

func TestShopifyRefunds(t *testing.T) {
	const shipping = `{"kind":"shipping_refund","amount":"-8.00","tax_amount":"-0.50","amount_set":{"shop_money":{"amount":"-8.00","currency_code":"USD"}}}`
	const line = `{"line_item_id":11,"quantity":1,"subtotal":199.0,"total_tax":3.98,"subtotal_set":{"shop_money":{"amount":"199.00","currency_code":"USD"}}}`
	refund := func(money, lines, adjustments string) string {
		return `{"id":5,"order_id":1,"processed_at":"2026-01-01T00:00:00Z","refund_line_items":[` + lines + `],"order_adjustments":[` + adjustments + `],"transactions":[{"kind":"refund","status":"success","amount":"` + money + `","currency":"USD"}]}`
	}
	for name, tc := range map[string]struct {
		body string
		want []live.RefundLine
	}{
		"a line with its tax":      {refund("202.98", line, ""), []live.RefundLine{{Line: "11", Goods: 20298}}},
		"a line, tax in the price": {refund("199.00", line, ""), []live.RefundLine{{Line: "11", Goods: 19900}}},
		"with shipping":            {refund("211.48", line, shipping), []live.RefundLine{{Line: "11", Goods: 20298}, {Shipping: 850}}},
		"shipping alone":           {refund("8.00", "", shipping), []live.RefundLine{{Shipping: 800}}},
		"an amount alone":          {refund("5.00", "", ""), []live.RefundLine{{Goods: 500}}},
		"less than the line":       {refund("100.00", line, ""), []live.RefundLine{{Line: "11", Goods: 10000}}},
		"more than the line":       {refund("210.00", line, ""), []live.RefundLine{{Line: "11", Goods: 20298}, {Goods: 702}}},
		"a line and a discrepancy": {refund("202.98", line, `{"kind":"refund_discrepancy","amount":"3.00"}`), []live.RefundLine{{Line: "11", Goods: 20298}}},
	} {
		d, err := readShopify(t, "refunds/create", tc.body)
		if err != nil || len(d.Facts) != 1 {
			t.Errorf("%s: %+v, %v", name, d, err)
			continue
		}
		same(t, name, d.Facts[0].Refunds, tc.want)
	}
	for name, body := range map[string]string{
		"restocked only":   `{"id":5,"order_id":1,"processed_at":"2026-01-01T00:00:00Z","refund_line_items":[` + line + `],"transactions":[]}`,
		"pending":          `{"id":5,"order_id":1,"processed_at":"2026-01-01T00:00:00Z","refund_line_items":[` + line + `],"transactions":[{"kind":"refund","status":"pending","amount":"1.00","currency":"USD"}]}`,
		"nothing whatever": `{"id":5,"order_id":1,"processed_at":"2026-01-01T00:00:00Z"}`,
	} {
		if d, err := readShopify(t, "refunds/create", body); err != nil || len(d.Facts) != 0 || len(d.Skipped) != 1 {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	_, err := readShopify(t, "refunds/create", `{"id":5,"order_id":1,"processed_at":"2026-01-01T00:00:00Z","refund_line_items":[`+line+`],"transactions":[{"kind":"refund","status":"success","amount":"1.00","currency":"CAD"}]}`)
	wantCode(t, "another currency", err, "currency_mismatch")
}

func TestShopifyCancels(t *testing.T) {
	for reason, want := range map[string]live.CancelType{
		`"customer"`: live.CancelUser, `"inventory"`: live.CancelOversold, `"fraud"`: live.CancelRisk, `"staff"`: live.CancelMerchant, `null`: live.CancelMerchant, `"moon"`: live.CancelMerchant,
	} {
		d, err := readShopify(t, "orders/cancelled", `{"id":1,"currency":"USD","cancelled_at":"2026-01-01T00:00:00Z","cancel_reason":`+reason+`}`)
		if err != nil || d.Facts[0].CancelType != want {
			t.Errorf("%s: %+v, %v", reason, d, err)
		}
	}
}

func TestShopifyBadBodies(t *testing.T) {
	for name, tc := range map[string]struct{ topic, body, code string }{
		"not JSON":         {"orders/create", `{`, "malformed_body"},
		"an odd time":      {"orders/create", `{"id":1,"currency":"USD","created_at":"yesterday"}`, "invalid_field"},
		"unknown currency": {"orders/paid", `{"id":1,"currency":"XXX","updated_at":"2026-01-01T00:00:00Z","total_price":"1"}`, "unknown_currency"},
		"too many digits":  {"orders/paid", `{"id":1,"currency":"USD","updated_at":"2026-01-01T00:00:00Z","total_price":"1.005"}`, "invalid_amount"},
		"an exponent":      {"orders/paid", `{"id":1,"currency":"USD","updated_at":"2026-01-01T00:00:00Z","total_price":1e9}`, "invalid_amount"},
		"a line too dear":  {"orders/create", `{"id":1,"currency":"USD","created_at":"2026-01-01T00:00:00Z","line_items":[{"id":1,"quantity":9000,"price":"999999999999"}]}`, "invalid_amount"},
		"half a piece":     {"orders/create", `{"id":1,"currency":"USD","created_at":"2026-01-01T00:00:00Z","line_items":[{"id":1,"quantity":0.5,"price":"1"}]}`, "malformed_body"},
	} {
		_, err := readShopify(t, tc.topic, tc.body)
		wantCode(t, name, err, tc.code)
	}
	for name, tc := range map[string]struct{ topic, body string }{
		"a topic of no order": {"products/update", `{}`}, "no topic": {"", `{}`}, "a test order": {"orders/paid", `{"id":1,"test":true}`},
	} {
		if d, err := readShopify(t, tc.topic, tc.body); err != nil || len(d.Facts) != 0 || len(d.Skipped) != 1 {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

func TestShopifySignature(t *testing.T) {
	// RFC 4231, test case 2, in base64.
	sealed := mustSeal(t, shopify{}, Settings{"secret": "Jefe"})
	if err := (shopify{}).Verify(sealed, values(shopifySignature, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="), none, []byte("what do ya want for nothing?"), noon); err != nil {
		t.Errorf("the published digest: %v", err)
	}
	sealed = mustSeal(t, shopify{}, Settings{"secret": "s", "shop_id": "a.myshopify.com"})
	for name, tc := range map[string]struct {
		sign, shop, body string
		ok               bool
	}{
		"good":           {hmac256("s", "{}"), "a.myshopify.com", "{}", true},
		"shop in caps":   {hmac256("s", "{}"), "A.MyShopify.com", "{}", true},
		"another shop":   {hmac256("s", "{}"), "b.myshopify.com", "{}", false},
		"no shop":        {hmac256("s", "{}"), "", "{}", false},
		"another body":   {hmac256("s", "{}"), "a.myshopify.com", "{ }", false},
		"another secret": {hmac256("x", "{}"), "a.myshopify.com", "{}", false},
		"no signature":   {"", "a.myshopify.com", "{}", false},
		"not base64":     {"%%%", "a.myshopify.com", "{}", false},
		"cut":            {hmac256("s", "{}")[:20], "a.myshopify.com", "{}", false},
	} {
		err := shopify{}.Verify(sealed, values(shopifySignature, tc.sign, shopifyDomain, tc.shop), none, []byte(tc.body), noon)
		if tc.ok && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !tc.ok {
			wantCode(t, name, err, CodeInvalid)
		}
	}
}

func FuzzShopify(f *testing.F) {
	for _, topic := range []string{"orders/create", "orders/paid", "orders/cancelled", "refunds/create"} {
		f.Add(topic, []byte(iPodOrder))
		f.Add(topic, []byte(iPodRefund))
	}
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		d, err := readShopify(t, topic, string(body))
		if err == nil && topic == "orders/paid" && len(d.Facts) == 1 && d.Facts[0].PaidMinor < 0 {
			return // the order book refuses it
		}
		checkRefundSum(t, d, err)
	})
}

// checkRefundSum: lines and shipping never come to less than nothing.
func checkRefundSum(t *testing.T, d store.Delivery, err error) {
	t.Helper()
	if err != nil {
		return
	}
	for _, f := range d.Facts {
		var sum int64
		for _, r := range f.Refunds {
			if r.Goods < 0 || r.Shipping < 0 {
				t.Errorf("a refund of less than nothing: %+v", r)
			}
			sum += r.Goods + r.Shipping
		}
		if f.Kind == live.RefundSucceeded && (sum <= 0 || sum > live.MaxMinor) {
			t.Errorf("a refund of %d", sum)
		}
	}
}
