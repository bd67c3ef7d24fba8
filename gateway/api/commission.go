package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Commission is what one fact of an order added to what a referrer earns, or
// took back.
type Commission struct {
	Seq      int64  `json:"seq"`
	Referrer string `json:"referrer_id,omitempty" doc:"To whom the buyer belonged when the order was made; left out: to nobody."`
	OrderID  string `json:"order_id"`
	Currency string `json:"currency"`
	Minor    int64  `json:"commission_minor" doc:"Negative where it is taken back."`
	Type     string `json:"type" doc:"The fact that did it."`
	FactID   string `json:"fact_id,omitempty"`
	FactAt   Time   `json:"fact_at"`
	BookedAt Time   `json:"booked_at"`
}

// WordOfMouth is how people brought each other.
type WordOfMouth struct {
	MerchantID string        `json:"merchant_id"`
	From       Time          `json:"from"`
	To         Time          `json:"to" doc:"Not in it."`
	Active     int64         `json:"active" doc:"People of whom something new was learned in the period, such as coming to a show."`
	Sharers    int64         `json:"sharers" doc:"Whose links were followed."`
	Invites    int64         `json:"invites" doc:"People who followed a link, each once for each referrer."`
	Bound      int64         `json:"bound"`
	PerActive  Ratio         `json:"invites_per_active"`
	Conversion Ratio         `json:"invite_conversion" doc:"Bound of invited."`
	KFactor    Ratio         `json:"k_factor" doc:"Invitations for each active person times their conversion: bound of active."`
	Totals     []WordTotal   `json:"totals" doc:"Orders made in the period by people who belonged to somebody then, by currency."`
	Referrers  []ReferrerRow `json:"referrers" doc:"Most money first within a currency."`
}

// WordTotal is one currency of word of mouth.
type WordTotal struct {
	Currency    string `json:"currency"`
	ReferralGMV int64  `json:"referral_gmv_minor" doc:"Paid."`
	ReferralNet int64  `json:"referral_net_minor" doc:"Less refunded and cancelled."`
	ReferralNew int64  `json:"referral_new" doc:"People whose first order with the merchant it was."`
	Orders      int64  `json:"orders"`
	Accrued     int64  `json:"commission_accrued_minor" doc:"Booked in the period, of orders of people who belonged to somebody."`
	Reversed    int64  `json:"commission_reversed_minor"`
	Unassigned  int64  `json:"commission_unassigned_minor" doc:"Accrued less reversed of orders of people who belonged to nobody; with those above it is all that was booked."`
}

// ReferrerRow is one referrer in one currency.
type ReferrerRow struct {
	Referrer string `json:"referrer_id"`
	Currency string `json:"currency"`
	People   int64  `json:"people" doc:"Bound to them, with a paid order."`
	New      int64  `json:"referral_new"`
	Orders   int64  `json:"orders"`
	GMV      int64  `json:"referral_gmv_minor"`
	Net      int64  `json:"referral_net_minor"`
	Accrued  int64  `json:"commission_accrued_minor"`
	Reversed int64  `json:"commission_reversed_minor"`
	Due      int64  `json:"commission_due_minor" doc:"Accrued less reversed."`
}

type wordOutput struct{ Body WordOfMouth }

func (a *API) commissions() {
	read := []live.Action{live.ActReferralRead}
	add(a, Route{
		ID: "list-commissions", Method: "GET", Path: "/v1/referral/commissions", Tag: "Referral", Summary: "List what referrers earned, and what was taken back",
		Text: "The entries of the double-entry ledger, one for each fact of an order, booked last first. A refund or cancellation takes back what the payment added.", Actions: read,
	}, a.listCommissions)
	add(a, Route{
		ID: "get-word-of-mouth", Method: "GET", Path: "/v1/referral", Tag: "Referral", Summary: "Read how people brought each other",
		Text: "Bindings decide here, not attribution: an order counts for whom its buyer belonged to when it was made.", Actions: read,
	}, a.getWordOfMouth)
}

func (a *API) listCommissions(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	Referrer   string `query:"referrer_id" maxLength:"128"`
	From       string `query:"from" doc:"RFC 3339, when it was booked; 30 days before to when left out."`
	To         string `query:"to" doc:"Not in it; now when left out."`
},
) (*listOutput[Commission], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	from, until, err := a.period(in.From, in.To)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.Commissions(ctx, store.CommissionFilter{
		Merchant: m, Referrer: live.PersonID(in.Referrer), From: from, Until: until, Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	return listOf(list, next, func(c live.Commission) Commission {
		return Commission{c.Seq, string(c.Referrer), string(c.Order), string(c.Currency), c.Minor, string(c.Fact), c.FactID, Time{c.FactAt}, Time{c.At}}
	}), nil
}

func (a *API) getWordOfMouth(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	From       string `query:"from" doc:"RFC 3339; 30 days before to when left out."`
	To         string `query:"to" doc:"Not in it; now when left out."`
},
) (*wordOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	from, until, err := a.period(in.From, in.To)
	if err != nil {
		return nil, err
	}
	counts, err := a.cfg.Store.WordOfMouth(ctx, m, from, until)
	if err != nil {
		return nil, err
	}
	tallies, err := a.cfg.Store.Referrals(ctx, m, from, until)
	if err != nil {
		return nil, err
	}
	earned, err := a.cfg.Store.CommissionTotals(ctx, store.CommissionFilter{Merchant: m, From: from, Until: until})
	if err != nil {
		return nil, err
	}
	out := wordOf(m, from, until, counts, tallies, earned)
	return &wordOutput{out}, nil
}

func wordOf(m live.MerchantID, from, until time.Time, c live.WordOfMouth, tallies []live.ReferralTally, earned []live.CommissionTotal) WordOfMouth {
	out := WordOfMouth{
		MerchantID: string(m), From: Time{from}, To: Time{until}, Active: c.Active, Sharers: c.Sharers, Invites: c.Invites, Bound: c.Bound,
		PerActive: ratioOf(c.Invites, c.Active), Conversion: ratioOf(c.Bound, c.Invites), KFactor: ratioOf(c.Bound, c.Active),
		Totals: []WordTotal{}, Referrers: []ReferrerRow{},
	}
	total := func(currency live.Currency) *WordTotal {
		for i := range out.Totals {
			if out.Totals[i].Currency == string(currency) {
				return &out.Totals[i]
			}
		}
		out.Totals = append(out.Totals, WordTotal{Currency: string(currency)})
		return &out.Totals[len(out.Totals)-1]
	}
	row := func(referrer live.PersonID, currency live.Currency) *ReferrerRow {
		for i := range out.Referrers {
			if r := &out.Referrers[i]; r.Referrer == string(referrer) && r.Currency == string(currency) {
				return r
			}
		}
		out.Referrers = append(out.Referrers, ReferrerRow{Referrer: string(referrer), Currency: string(currency)})
		return &out.Referrers[len(out.Referrers)-1]
	}
	for _, t := range tallies {
		r, sum := row(t.Referrer, t.Currency), total(t.Currency)
		r.People, r.New, r.Orders, r.GMV, r.Net = t.People, t.New, t.Orders, t.Paid, t.Net
		sum.ReferralGMV += t.Paid
		sum.ReferralNet += t.Net
		sum.ReferralNew += t.New
		sum.Orders += t.Orders
	}
	for _, e := range earned {
		sum := total(e.Currency)
		if e.Referrer == "" {
			sum.Unassigned += e.Due()
			continue
		}
		r := row(e.Referrer, e.Currency)
		r.Accrued, r.Reversed, r.Due = e.Accrued, e.Reversed, e.Due()
		sum.Accrued += e.Accrued
		sum.Reversed += e.Reversed
	}
	slices.SortFunc(out.Totals, func(a, b WordTotal) int { return cmp.Compare(a.Currency, b.Currency) })
	slices.SortFunc(out.Referrers, func(a, b ReferrerRow) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(b.GMV, a.GMV), cmp.Compare(a.Referrer, b.Referrer))
	})
	return out
}
