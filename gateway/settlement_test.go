package gateway_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"showrunner/live"
	"showrunner/live/store"
)

// TestSettlement names every kind of difference with its order, refuses bad
// files whole, and compares again after the books were put right.
func TestSettlement(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	owner := e.as(live.RoleMerchant, "m1", "owner")
	pay := func(id string, c live.Currency, minor int64, person string) []store.Fact {
		line := live.OrderLine{ID: "l1", SKU: "x", Qty: 1, Goods: minor}
		return []store.Fact{
			{Order: live.OrderID(id), OrderFact: live.OrderFact{Kind: live.OrderCreated, Source: "shop", At: e.now(), Currency: c, Show: live.ShowID(show), Person: live.PersonID(person), Lines: []live.OrderLine{line}}},
			{Order: live.OrderID(id), OrderFact: live.OrderFact{Kind: live.OrderPaid, ID: "p", Source: "shop", At: e.now(), Currency: c, PaidMinor: minor}},
		}
	}
	var facts []store.Fact
	for i, id := range []string{"Z-same", "a-paid", "b-refund", "c-currency", "d-there"} {
		facts = append(facts, pay(id, "CNY", 1000+int64(i), "u"+id)...)
	}
	facts = append(facts, pay("e-unpaid", "CNY", 7, "u")[0])
	if _, err := e.store.ApplyFacts(t.Context(), "m1", facts, e.now()); err != nil {
		t.Fatal(err)
	}
	put := func(status int, file string) answer {
		t.Helper()
		return e.want(status, "PUT", "/v1/shows/"+show+"/settlement", owner, file, "Content-Type", "text/csv")
	}
	const header = "Order_ID,Currency,paid,refunded_minor,shop\n"
	a := put(200, "\ufeff"+header+"b-refund,CNY,10.02,5,x\nZ-same,CNY,10,0,x\na-paid,CNY,10.02,,x\nc-currency,USD,10.03,,x\nf-here,CNY,3,,x\n")
	want := `"rows":5,"agree":false,"counts":{"missing_here":1,"missing_there":1,"amount_differs":2,"currency_differs":1},` +
		`"sums":[{"currency":"CNY","figure":"paid_minor","settlement":3304,"ledger":5010},{"currency":"CNY","figure":"refunded_minor","settlement":5,"ledger":0},` +
		`{"currency":"CNY","figure":"settled_minor","settlement":0,"ledger":0},{"currency":"USD","figure":"paid_minor","settlement":1003,"ledger":0}],"differences":[` +
		`{"order_id":"a-paid","kind":"amount_differs","line":4,"figure":"paid_minor","settlement_minor":1002,"ledger_minor":1001,"settlement_currency":"CNY","ledger_currency":"CNY"},` +
		`{"order_id":"b-refund","kind":"amount_differs","line":2,"figure":"refunded_minor","settlement_minor":5,"ledger_minor":0,"settlement_currency":"CNY","ledger_currency":"CNY"},` +
		`{"order_id":"c-currency","kind":"currency_differs","line":5,"settlement_minor":1003,"ledger_minor":1003,"settlement_currency":"USD","ledger_currency":"CNY"},` +
		`{"order_id":"d-there","kind":"missing_there","settlement_minor":0,"ledger_minor":1004,"ledger_currency":"CNY"},` +
		`{"order_id":"f-here","kind":"missing_here","line":6,"settlement_minor":300,"ledger_minor":0,"settlement_currency":"CNY"}]}`
	if !strings.Contains(a.raw, want) {
		t.Errorf("comparison:\n%s\nwant …%s", a.raw, want)
	}
	first := a.text("upload_id")

	for file, want := range map[string]string{
		header + "a,CNY,1,,\nb,CNY,1.005,,\nc,XXX,1,,\nd,CNY,1\n":                    `"count":3,"detail":"3 rows are bad; the first is line 3: paid must be a decimal of CNY, not negative","errors":[{"line":3,`,
		header + "a,CNY,1,,\nb,CNY,2,,\na,CNY,1,,\n":                                 `line 4: a stands in the file twice`,
		header + strings.Repeat("a,CNY,1,,\n", 1) + strings.Repeat("bad row\n", 300): `"count":300`,
		header:                       `there is no order in the file`,
		"order_id,currency\na,CNY\n": `"field":"paid"`,
	} {
		if a := put(400, file); a.code() != "settlement_invalid" || !strings.Contains(a.raw, want) {
			t.Errorf("a bad file: %s, want %s", a.raw, want)
		}
	}
	if a := e.want(200, "GET", "/v1/shows/"+show+"/settlement", owner, nil); a.text("upload_id") != first {
		t.Errorf("after bad files the latest is %s, want %s", a.text("upload_id"), first)
	}
	e.advance(1000)
	if a := put(200, header+"Z-same,CNY,10,0,\na-paid,CNY,10.01,0,\nb-refund,CNY,10.02,0,\nc-currency,CNY,10.03,0,\nd-there,CNY,10.04,0,\n"); a.json["agree"] != true {
		t.Errorf("the right file: %s", a.raw)
	}
	if a := e.want(200, "GET", "/v1/shows/"+show+"/settlement?limit=1&upload_id="+first, owner, nil); !strings.Contains(a.raw, `"amount_differs":2`) || strings.Count(a.raw, `"kind"`) != 1 {
		t.Errorf("the first file again: %s", a.raw)
	}
	e.want(415, "PUT", "/v1/shows/"+show+"/settlement", owner, "{}")
}

// TestSettlementSize: over the wire a file may be larger than any other body.
func TestSettlementSize(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- e.server.Listen(ln) }()
	defer func() {
		if err := e.server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	var file strings.Builder
	file.WriteString("order_id,currency,paid_minor,note\n")
	const rows = 20_000
	for i := range rows {
		fmt.Fprintf(&file, "order-%06d,CNY,%d,%s\n", i, i, strings.Repeat("x", 450))
	}
	for path, want := range map[string]int{"settlement": 200, "shelf": 413} {
		req, err := http.NewRequestWithContext(t.Context(), "PUT", "http://"+ln.Addr().String()+"/v1/shows/"+show+"/"+path, strings.NewReader(file.String()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "text/csv")
		req.Header.Set("Authorization", "Bearer "+e.as(live.RoleMerchant, "m1", "owner"))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			if path != "settlement" {
				continue // The server may close before all of it was sent.
			}
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if res.StatusCode != want {
			t.Errorf("%d bytes to %s: %d, want %d", file.Len(), path, res.StatusCode, want)
		}
	}
	if a := e.want(200, "GET", "/v1/shows/"+show+"/settlement?limit=1", e.as(live.RoleMerchant, "m1", "owner"), nil); a.json["rows"] != float64(rows) {
		t.Errorf("kept: %s", a.raw)
	}
}
