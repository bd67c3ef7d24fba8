package main

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkSettlement gives the platform's file of the month, in two currencies:
// right, and then with a cent too much, an order too few and one too many.
func checkSettlement(t *testing.T, url, owner string, book *monthBook, day func(int) string) {
	t.Helper()
	give := func(orders []monthOrder) {
		t.Helper()
		file := bytes.NewBufferString("order_id,currency,paid_minor,refunded_minor,settled_minor\n")
		for _, o := range orders {
			fmt.Fprintf(file, "%s,%s,%d,%d,%d\n", o.id, o.currency, o.paid, o.refunded, o.settled)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/v1/shows/s1/settlement", file)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "text/csv")
		req.Header.Set("Authorization", "Bearer "+owner)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("the settlement file: %d %v", res.StatusCode, err)
		}
	}
	// sums are the settlement of each figure over all days, and by order what differs.
	sums := func(axis, path string) (agree bool, said map[string]int64, named []string) {
		t.Helper()
		var r reconciled
		must(t, "GET", url+path, owner, nil, &r)
		said = map[string]int64{}
		for _, row := range r.Rows {
			if row.Difference != 0 || (row.Settlement == nil) != (row.SettlementDifference == nil) {
				t.Errorf("by %s: %+v", axis, row)
			}
			if row.Settlement != nil {
				said[row.Currency+" "+row.Figure] += *row.Settlement
			}
			if x := row.SettlementOrders; x != nil {
				var sum int64
				for _, d := range x.Items {
					sum += d.Difference
					named = append(named, fmt.Sprint(row.Currency, " ", row.Figure, " ", d.Order, " ", d.Kind, " ", d.Difference))
				}
				if int(x.Count) != len(x.Items) || sum != *row.SettlementDifference {
					t.Errorf("by %s: the orders do not explain the difference: %+v", axis, row)
				}
			}
		}
		slices.Sort(named)
		return r.Agree, said, named
	}
	paths := map[string]string{
		"show": "/v1/shows/s1/reconciliation?explain=true", "pay": "/v1/reconciliation?explain=true&by=pay&from=" + day(33) + "&to=" + day(0),
	}
	want := map[string]int64{}
	for _, o := range book.paid {
		want[o.currency+" gmv_paid_minor"] += o.paid
		want[o.currency+" refund_minor"] += o.refunded
		want[o.currency+" gmv_settled_minor"] += o.settled
	}
	give(book.paid)
	for axis, path := range paths {
		agree, said, named := sums(axis, path)
		if diff := cmp.Diff(want, said); !agree || diff != "" || len(want) != 6 || named != nil {
			t.Errorf("by %s: agree %v, %v differ, settled (-want +got):\n%s", axis, agree, named, diff)
		}
	}
	_, said, _ := sums("event", "/v1/reconciliation?explain=true&by=event&from="+day(1)+"&to="+day(0))
	if len(said) > 0 {
		t.Errorf("by event date there is a settlement: %v", said)
	}

	wrong := slices.Clone(book.paid)
	lost := wrong[0]
	wrong[0] = monthOrder{id: "o-elsewhere", currency: "USD", paid: 77}
	at := slices.IndexFunc(wrong, func(o monthOrder) bool { return o.id == book.victim })
	wrong[at].paid++
	give(wrong)
	names := []string{
		fmt.Sprint(lost.currency, " gmv_paid_minor ", lost.id, " missing_there ", -lost.paid),
		"USD gmv_paid_minor o-elsewhere missing_here 77",
		fmt.Sprint(wrong[at].currency, " gmv_paid_minor ", book.victim, " amount_differs 1"),
	}
	slices.Sort(names)
	for axis, path := range paths {
		agree, _, named := sums(axis, path)
		if diff := cmp.Diff(names, named); agree || diff != "" {
			t.Errorf("by %s: agree %v, what differs in the wrong file (-want +got):\n%s", axis, agree, diff)
		}
	}
	var plain reconciled
	must(t, "GET", url+"/v1/shows/s1/reconciliation", owner, nil, &plain)
	if plain.Agree {
		t.Error("without explanation a wrong file agrees")
	}
	give(book.paid)
}
