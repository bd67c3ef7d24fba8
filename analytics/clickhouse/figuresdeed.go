package clickhouse

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// Kinds of deeds: of whoever works at the show, and of its server.
var (
	shelfKinds   = []live.Kind{live.ProductListed, live.ProductPinned}
	explainKinds = []live.Kind{live.ExplainStarted, live.ExplainEnded}
	shiftKinds   = []live.Kind{live.HostShiftStarted, live.HostShiftEnded}
	feltKinds    = []live.Kind{live.ComplaintOpened, live.ServiceSLABreached}
)

// deed is one of them, with the members of its data that figures look at.
type deed struct {
	kind                                   live.Kind
	at                                     time.Time
	product, sku, body, actor, role, props string
	Title                                  string `json:"title"`
	Prize                                  string `json:"prize"`
	Shift                                  string `json:"shift_id"`
	Host                                   string `json:"host_id"`
}

// deeds reads them in the order of the log.
func (q *question) deeds(ctx context.Context) error {
	var kinds []live.Kind
	for _, some := range []struct {
		of    analytics.Part
		kinds []live.Kind
	}{
		{analytics.PartMinutes, analytics.MarkKinds},
		{analytics.PartMinutes, feltKinds},
		{analytics.PartProducts, shelfKinds},
		{analytics.PartProducts, explainKinds},
		{analytics.PartHosts, shiftKinds},
	} {
		if q.need.Has(some.of) {
			kinds = append(kinds, some.kinds...)
		}
	}
	if q.need == analytics.Everything {
		kinds = append(kinds, analytics.AlertKinds...)
	}
	if !q.need.Has(ofCensus) { // Nothing else tells whether there is any.
		kinds = append(kinds, live.BotFlagged)
	}
	return q.rows(ctx, "deeds", `SELECT toString(kind), ts, product_id, sku_id, body, fact_actor, actor_role, props`+events+`AND kind IN (`+quoted(kinds)+`) ORDER BY seq, idx`,
		func(scan scanner) error {
			var d deed
			if err := scan((*string)(&d.kind), &d.at, &d.product, &d.sku, &d.body, &d.actor, &d.role, &d.props); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(d.props), &d); err != nil { // As good as without: accepted facts were checked on their way in.
				d.Title, d.Prize, d.Shift, d.Host = "", "", "", ""
			}
			d.at = d.at.UTC()
			q.take(&d)
			return nil
		})
}

// take counts a deed for whatever is needed of it.
func (q *question) take(d *deed) {
	if q.need != analytics.Everything { // Of everything the census has told it.
		q.seen[d.kind] = true
	}
	if q.need.Has(analytics.PartMinutes) {
		q.mark(d)
	}
	if q.need.Has(analytics.PartProducts) && d.product != "" {
		switch d.kind {
		case live.ExplainStarted:
			q.product(d.product).Explains++
		case live.ProductListed, live.ProductPinned:
			p := q.product(d.product)
			if d.Title != "" {
				p.Title = q.called(d.product, d.sku, d.Title)
			}
			if d.kind == live.ProductPinned {
				p.Pins++
			}
		}
	}
	if slices.Contains(analytics.AlertKinds, d.kind) {
		q.f.Alerts = analytics.AddAlert(q.f.Alerts, d.kind, []byte(d.props), d.actor, d.at)
	}
	if q.need.Has(analytics.PartHosts) && slices.Contains(shiftKinds, d.kind) && d.Shift != "" {
		s := q.shift(d.Shift)
		s.Host = d.Host
		if d.kind == live.HostShiftStarted {
			s.From = d.at
		} else {
			s.Until = d.at
		}
	}
}

// called learns what a SKU is called, and tells what its product is.
func (q *question) called(product, sku, title string) string {
	t := q.titles[product]
	if t == nil {
		t = &live.ProductTitles{}
		q.titles[product] = t
	}
	t.Add(live.SKUID(sku), title)
	return t.Title()
}

// mark lays a deed over the minutes.
func (q *question) mark(d *deed) {
	switch {
	case d.kind == live.ComplaintOpened:
		q.minute(d.at.Truncate(time.Minute)).Complaints++
	case d.kind == live.ServiceSLABreached:
		q.minute(d.at.Truncate(time.Minute)).Breaches++
	case analytics.IsMark(d.kind):
		m := analytics.Mark{At: d.at, Kind: d.kind, Product: live.ProductID(d.product), Actor: d.actor, Role: live.Role(d.role)}
		switch {
		case d.kind == live.AnnouncementPublished:
			m.Text = d.body
		case slices.Contains(analytics.MarkTitles, d.kind):
			m.Text = d.Title
		case slices.Contains(analytics.MarkPrizes, d.kind):
			m.Text = d.Prize
		}
		q.f.Commands = append(q.f.Commands, m)
	}
}

// shift finds a shift of a host, or begins it.
func (q *question) shift(id string) *analytics.Shift {
	for i := range q.f.Shifts {
		if q.f.Shifts[i].ID == id {
			return &q.f.Shifts[i]
		}
	}
	q.f.Shifts = append(q.f.Shifts, analytics.Shift{ID: id})
	return &q.f.Shifts[len(q.f.Shifts)-1]
}

// explained counts what was sold by explanations: a payment goes by what was last
// said of its product before it, in the order of the log.
func (q *question) explained(ctx context.Context) error {
	if !q.seen.any(explainKinds) {
		return nil
	}
	tail := strconv.FormatInt(analytics.ExplainTail.Milliseconds(), 10)
	return q.rows(ctx, "explained sales", `SELECT d.product, d.currency, sum(d.paid), sum(d.sku_paid) FROM (
			SELECT toString(product_id) AS product, `+place+` AS pos, toString(currency) AS currency, at, paid, sku_paid`+deltas+`AND product_id != '' AND (paid != 0 OR sku_paid != 0)) AS d
		ASOF JOIN (
			SELECT toString(product_id) AS product, `+place+` AS pos, kind = 'explain_started' AS began, ts`+events+`AND product_id != '' AND kind IN (`+quoted(explainKinds)+`)) AS b ON b.product = d.product AND b.pos <= d.pos
		WHERE b.began OR toUnixTimestamp64Milli(d.at) <= toUnixTimestamp64Milli(b.ts) + `+tail+`
		GROUP BY d.product, d.currency`,
		func(scan scanner) error {
			var id, currency string
			var paid, skus int64
			if err := scan(&id, &currency, &paid, &skus); err != nil {
				return err
			}
			p := q.product(id)
			for i := range p.Money {
				if p.Money[i].Currency == live.Currency(currency) {
					p.Money[i].Explained, p.Money[i].ExplainedSKUs = paid, skus
				}
			}
			return nil
		})
}

// shifts gives every payment to the host's shift that lasted when it reached the
// log. What was paid outside of any has the empty one, which is everything where
// there was no shift.
func (q *question) shifts(ctx context.Context) error {
	if len(q.f.Shifts) == 0 {
		s := q.shift("")
		for i := range q.f.Money {
			m := &q.f.Money[i]
			s.Money = append(s.Money, analytics.ShiftMoney{Currency: m.Currency, OrdersPaid: m.OrdersPaid, Paid: m.Paid})
		}
		return nil
	}
	const id = `JSONExtractString(props, 'shift_id')`
	return q.rows(ctx, "shift money", `SELECT b.shift, d.currency, sum(d.orders_paid), sum(d.paid) FROM (
			SELECT 1 AS one, `+place+` AS pos, toString(currency) AS currency, orders_paid, paid`+deltas+`AND (orders_paid != 0 OR paid != 0)) AS d
		ASOF LEFT JOIN (
			SELECT 1 AS one, `+place+` AS pos, if(kind = 'host_shift_started', `+id+`, '') AS shift`+events+`AND kind IN (`+quoted(shiftKinds)+`) AND `+id+` != '') AS b ON b.one = d.one AND b.pos <= d.pos
		GROUP BY b.shift, d.currency`,
		func(scan scanner) error {
			var id string
			var m analytics.ShiftMoney
			if err := scan(&id, (*string)(&m.Currency), &m.OrdersPaid, &m.Paid); err != nil {
				return err
			}
			s := q.shift(id)
			s.Money = append(s.Money, m)
			return nil
		})
}
