package analytics

import (
	"encoding/json"

	"showrunner/live"
)

// MarshalJSON writes {"agree":true,"rows":[{"currency","figure","dashboard",…}]}
// with null for a dashboard that is no longer held. One that is explained has
// "provisional" too, and on each row that differs "orders".
func (r Reconciliation) MarshalJSON() ([]byte, error) {
	type difference struct {
		Order        live.OrderID  `json:"order_id"`
		Facts        int64         `json:"facts"`
		Ledger       int64         `json:"ledger"`
		Difference   int64         `json:"difference"`
		FactsPerson  live.PersonID `json:"facts_person_id,omitempty"`
		LedgerPerson live.PersonID `json:"ledger_person_id,omitempty"`
	}
	type orders struct {
		Count int64        `json:"count"`
		Items []difference `json:"items"`
	}
	type row struct {
		Currency   live.Currency `json:"currency"`
		Figure     string        `json:"figure"`
		Dashboard  *int64        `json:"dashboard"`
		Report     int64         `json:"report"`
		Rollup     int64         `json:"rollup"`
		Ledger     int64         `json:"ledger"`
		Difference int64         `json:"difference"`
		Orders     *orders       `json:"orders,omitempty"`
	}
	out := struct {
		Agree       bool  `json:"agree"`
		Provisional *bool `json:"provisional,omitempty"`
		Rows        []row `json:"rows"`
	}{Agree: r.Agree, Rows: make([]row, 0, len(r.Rows))}
	if r.Explained {
		out.Provisional = &r.Provisional
	}
	for i := range r.Rows {
		x := &r.Rows[i]
		w := row{
			Currency: x.Currency, Figure: x.Figure, Dashboard: x.Dashboard, Report: x.Report, Rollup: x.Rollup,
			Ledger: x.Ledger, Difference: x.Difference,
		}
		if x.Orders != nil && (x.Difference != 0 || x.Orders.Count > 0) {
			w.Orders = &orders{Count: x.Orders.Count, Items: make([]difference, 0, len(x.Orders.Orders))}
			for _, d := range x.Orders.Orders {
				w.Orders.Items = append(w.Orders.Items, difference{d.Order, d.Facts, d.Ledger, d.Facts - d.Ledger, d.FactsPerson, d.LedgerPerson})
			}
		}
		out.Rows = append(out.Rows, w)
	}
	return json.Marshal(out)
}
