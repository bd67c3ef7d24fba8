package api

import (
	"context"
	"time"

	"showrunner/conversion/care"
	"showrunner/conversion/care/complaint"
	"showrunner/conversion/care/text"
	"showrunner/live"
)

// ComplaintRate is the answer of GET /v1/service/complaint-rate.
type ComplaintRate struct {
	From       *Time            `json:"from,omitempty"`
	To         Time             `json:"to"`
	AsOf       Time             `json:"as_of"`
	Paid       int64            `json:"orders_paid" doc:"By when they were paid."`
	Rate       Rate             `json:"complaint_rate" doc:"Complaints about orders paid in the time, by the orders paid in it. An order may have one of each cause."`
	Low        float64          `json:"orders_complained_low" doc:"95 % score interval of the share of orders that were complained of."`
	High       float64          `json:"orders_complained_high"`
	Complained Rate             `json:"orders_complained" doc:"Of the orders paid, those with a complaint of any cause."`
	Causes     []ComplaintCause `json:"causes" doc:"Every cause, most complaints first."`
	Suggested  int64            `json:"suggested" doc:"A machine's guesses that nobody has confirmed; in none of the above."`
	Withdrawn  int64            `json:"withdrawn" doc:"Taken back; likewise."`
	OrderLess  int64            `json:"without_order" doc:"That count and are of no order, by when they were told; in no rate."`
	Resolved   Rate             `json:"complaint_resolution_rate"`
	ResolveMS  Rate             `json:"complaint_resolution_ms" doc:"Mean time from the opening to the resolution."`
	Satisfied  Rate             `json:"complaint_satisfaction" doc:"Of who was asked afterwards and gave a score, those who gave 4 or 5."`
}

// ComplaintCause is a cause's part of the complaints.
type ComplaintCause struct {
	Cause string `json:"cause"`
	ZH    string `json:"name_zh"`
	EN    string `json:"name_en"`
	Share Rate   `json:"cause_share" doc:"Of the complaints."`
	Rate  Rate   `json:"cause_rate" doc:"By the orders paid."`
}

// ServiceKeywords is the answer of GET /v1/service/keywords.
type ServiceKeywords struct {
	Items      []ServiceKeyword `json:"items" doc:"What stands out most first."`
	Documents  int              `json:"documents" doc:"Tellings that were asked for."`
	Background int              `json:"background" doc:"All other tellings of the merchant, which they were compared with."`
}

// ServiceKeyword is a term that stands out.
type ServiceKeyword struct {
	Term     string  `json:"term"`
	Count    int     `json:"count"`
	Docs     int     `json:"documents" doc:"In how many tellings."`
	Expected float64 `json:"expected" doc:"How often it would be said if these were like the others."`
	Score    float64 `json:"score" doc:"z-score of the log-odds ratio; from 1.96 chance is no explanation in 19 of 20 cases."`
}

// CareQuery is what figures of complaints are asked of.
type CareQuery struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	ShowID     string `query:"show_id" maxLength:"128"`
	ProductID  string `query:"product_id" maxLength:"128"`
	From       string `query:"from" doc:"RFC 3339; from the beginning when left out." maxLength:"40"`
	To         string `query:"to" doc:"RFC 3339, not included; until now when left out." maxLength:"40"`
}

func (a *API) complaintFigures() {
	read := []live.Action{live.ActFeedbackRead}
	const tag = "Complaints"
	add(a, Route{
		ID: "get-complaint-rate", Method: "GET", Path: "/v1/service/complaint-rate", Tag: tag, Summary: "Read the rates of complaints by cause",
		Text: "Rehearsals are in nothing. As of an instant the answer is the same for ever.", Actions: read,
	}, a.getComplaintRate)
	add(a, Route{
		ID: "get-keywords", Method: "GET", Path: "/v1/service/keywords", Tag: tag, Summary: "Read what stands out in complaints",
		Text: "Terms that the complaints of a show, a product, a cause or a time have more of than all other complaints of the merchant.", Actions: read,
	}, a.getKeywords)
}

// span reads the time that a question is about.
func (q *CareQuery) span() (from, to time.Time, err error) {
	for _, f := range []struct {
		name, raw string
		at        *time.Time
	}{{"from", q.From, &from}, {"to", q.To, &to}} {
		if f.raw == "" {
			continue
		}
		if *f.at, err = parseTime(f.raw); err != nil {
			return from, to, live.Invalid("invalid_field", f.name, "%s", err)
		}
	}
	if !to.IsZero() && !from.Before(to) {
		return from, to, live.Invalid("invalid_field", "to", "must be after from")
	}
	return from, to, nil
}

func (a *API) getComplaintRate(ctx context.Context, p live.Principal, in *struct {
	CareQuery
	AsOf string `query:"as_of" doc:"Count what was known then, RFC 3339; now when left out." maxLength:"40"`
},
) (*struct{ Body ComplaintRate }, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	from, to, err := in.span()
	if err != nil {
		return nil, err
	}
	asOf, err := a.asOf(in.AsOf)
	if err != nil {
		return nil, err
	}
	if asOf.IsZero() {
		asOf = a.cfg.Now()
	}
	f, err := a.cfg.Complaints.Figures(ctx, complaint.FigureQuestion{
		Reach: care.Reach{Merchant: m}, Show: live.ShowID(in.ShowID), Product: live.ProductID(in.ProductID), From: from, Until: to, AsOf: asOf,
	})
	if err != nil {
		return nil, err
	}
	out := ComplaintRate{
		From: timeOf(from), To: Time{to}, AsOf: Time{asOf}, Paid: f.Paid, Rate: fraction(f.Complaints, f.Paid), Complained: fraction(f.Orders, f.Paid), Causes: []ComplaintCause{},
		Suggested: f.Suggested, Withdrawn: f.Withdrawn, OrderLess: f.OrderLess, Resolved: fraction(f.Resolved, f.Complaints),
		ResolveMS: fraction(f.ResolveTime.Milliseconds(), f.Resolved), Satisfied: fraction(f.Satisfied, f.Rated),
	}
	if to.IsZero() {
		out.To = out.AsOf
	}
	out.Low, out.High = complaint.Share{Of: f.Orders, All: f.Paid}.Wilson()
	for _, c := range f.Causes() {
		zh, en := complaint.NamesOf(c)
		out.Causes = append(out.Causes, ComplaintCause{string(c), zh, en, fraction(f.ByCause[c], f.Complaints), fraction(f.ByCause[c], f.Paid)})
	}
	return &struct{ Body ComplaintRate }{out}, nil
}

func (a *API) getKeywords(ctx context.Context, p live.Principal, in *struct {
	CareQuery
	Cause string `query:"cause" enum:"poor_experience,promotion_mismatch,unclear_policy,quality,logistics,other"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"20"`
},
) (*struct{ Body ServiceKeywords }, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	from, to, err := in.span()
	if err != nil {
		return nil, err
	}
	k, err := a.cfg.Complaints.Keywords(ctx, complaint.KeywordQuestion{
		Reach: care.Reach{Merchant: m}, Show: live.ShowID(in.ShowID), Product: live.ProductID(in.ProductID), Cause: text.Cause(in.Cause), From: from, Until: to, Most: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := ServiceKeywords{Items: []ServiceKeyword{}, Documents: k.Documents, Background: k.Background}
	for _, w := range k.List {
		out.Items = append(out.Items, ServiceKeyword{w.Term, w.Count, w.Docs, w.Expected, w.Score})
	}
	return &struct{ Body ServiceKeywords }{out}, nil
}
