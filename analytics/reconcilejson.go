package analytics

import (
	"encoding/json"

	"showrunner/live"
)

// differenceJSON is an order on which two sides differ.
type differenceJSON struct {
	Order        live.OrderID  `json:"order_id"`
	Facts        int64         `json:"facts"`
	Ledger       int64         `json:"ledger"`
	Postings     *int64        `json:"postings,omitempty"`
	Difference   int64         `json:"difference"`
	FactsPerson  live.PersonID `json:"facts_person_id,omitempty"`
	LedgerPerson live.PersonID `json:"ledger_person_id,omitempty"`
}

// explainedJSON is [Explained] on the wire.
type explainedJSON struct {
	Count int64            `json:"count"`
	Items []differenceJSON `json:"items"`
}

// explained is nil for a row that has nothing to explain.
func explained(e *Explained, difference int64) *explainedJSON {
	if e == nil || difference == 0 && e.Count == 0 {
		return nil
	}
	out := &explainedJSON{Count: e.Count, Items: make([]differenceJSON, 0, len(e.Orders))}
	for _, d := range e.Orders {
		out.Items = append(out.Items, differenceJSON{d.Order, d.Facts, d.Ledger, d.Postings, d.spread(), d.FactsPerson, d.LedgerPerson})
	}
	return out
}

// settledJSON is [Settled] on the wire, beside the members of its row.
type settledJSON struct {
	Settlement *int64             `json:"settlement"`
	Difference *int64             `json:"settlement_difference,omitempty"`
	Orders     *settledOrdersJSON `json:"settlement_orders,omitempty"`
}

type settledOrdersJSON struct {
	Count int64               `json:"count"`
	Items []settledDifference `json:"items"`
}

type settledDifference struct {
	Order      live.OrderID   `json:"order_id"`
	Kind       DifferenceKind `json:"kind"`
	Line       int64          `json:"line,omitempty"`
	Settlement int64          `json:"settlement"`
	Ledger     int64          `json:"ledger"`
	Difference int64          `json:"difference"`
}

// onWire is empty for a row of which no file tells.
func (s *Settled) onWire() (w settledJSON) {
	if s == nil {
		return w
	}
	w.Settlement, w.Difference = &s.Minor, &s.Difference
	if s.Count == 0 {
		return w
	}
	w.Orders = &settledOrdersJSON{Count: s.Count, Items: make([]settledDifference, 0, len(s.Orders))}
	for _, d := range s.Orders {
		w.Orders.Items = append(w.Orders.Items, settledDifference{d.Order, d.Kind, d.Line, d.Settlement, d.Ledger, d.Settlement - d.Ledger})
	}
	return w
}

// MarshalJSON writes {"agree":true,"rows":[{"currency","figure","dashboard",…}]}
// with null for a dashboard that is no longer held, and for the postings of a
// figure that has no account. One that is explained has
// "provisional" too, and on each row that differs "orders".
func (r Reconciliation) MarshalJSON() ([]byte, error) {
	type row struct {
		Currency   live.Currency  `json:"currency"`
		Figure     string         `json:"figure"`
		Dashboard  *int64         `json:"dashboard"`
		Report     int64          `json:"report"`
		Rollup     int64          `json:"rollup"`
		Ledger     int64          `json:"ledger"`
		Postings   *int64         `json:"postings"`
		Difference int64          `json:"difference"`
		Orders     *explainedJSON `json:"orders,omitempty"`
		settledJSON
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
			Ledger: x.Ledger, Postings: x.Postings, Difference: x.Difference,
		}
		w.Orders, w.settledJSON = explained(x.Orders, x.Difference), x.Settled.onWire()
		out.Rows = append(out.Rows, w)
	}
	return json.Marshal(out)
}

// absent are the columns that the axis does not have, each with its reason.
func (a DayAxis) absent() map[string]string {
	out := map[string]string{"snapshot": "a live snapshot is of a show as of now, not of a day"}
	if a == AxisPay {
		const reason = "goes by the day a fact was taken in, not by the day of payment"
		out["rollup"], out["report"] = reason, reason
	}
	return out
}

// MarshalJSON writes {"by","from","to","time_zone","agree","provisional","absent","rows":[{"day",…}]},
// with null for what a rollup or a report does not tell by day, "outside_shows" where it is not 0,
// and of one that is explained "orders" on each row that differs.
func (r DayReconciliation) MarshalJSON() ([]byte, error) {
	type row struct {
		Day        string         `json:"day"`
		Currency   live.Currency  `json:"currency"`
		Figure     string         `json:"figure"`
		Report     *int64         `json:"report"`
		Outside    int64          `json:"outside_shows,omitempty"`
		Rollup     *int64         `json:"rollup"`
		Facts      int64          `json:"facts"`
		Ledger     int64          `json:"ledger"`
		Postings   *int64         `json:"postings"`
		Difference int64          `json:"difference"`
		Orders     *explainedJSON `json:"orders,omitempty"`
		settledJSON
	}
	out := struct {
		By          DayAxis `json:"by"`
		From        string  `json:"from"`
		To          string  `json:"to"`
		TimeZone    string  `json:"time_zone"`
		Agree       bool    `json:"agree"`
		Provisional bool    `json:"provisional"`
		// Absent names columns and why they are not there.
		Absent map[string]string `json:"absent"`
		Rows   []row             `json:"rows"`
	}{r.Axis, r.From, r.To, r.TimeZone, r.Agree, r.Provisional, r.Axis.absent(), make([]row, 0, len(r.Rows))}
	for i := range r.Rows {
		x := &r.Rows[i]
		w := row{
			Day: x.Day, Currency: x.Currency, Figure: x.Figure, Report: x.Report, Rollup: x.Rollup, Facts: x.Facts, Ledger: x.Ledger,
			Postings: x.Postings, Difference: x.Difference(), Orders: explained(x.Orders, x.Difference()), settledJSON: x.Settled.onWire(),
		}
		if x.Outside != nil {
			w.Outside = *x.Outside
		}
		out.Rows = append(out.Rows, w)
	}
	return json.Marshal(out)
}
