package api

import (
	"context"
	"fmt"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// Bounds of a question about retention.
const (
	maxRangeDays   = 800 // two years and a little
	defaultDays    = 90
	settleInstants = 500 * time.Millisecond // facts are stamped a moment before they are durable
)

// RangeQuery is the query of every question over all shows of a merchant.
type RangeQuery struct {
	From       string `query:"from" doc:"First day, as 2026-01-02." format:"date"`
	To         string `query:"to" doc:"Last day; today when left out." format:"date"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	RoomID     string `query:"room_id" doc:"Facts of this room only; needed of a token limited to rooms."`
	TimeZone   string `query:"time_zone" doc:"IANA name; the room's, or the one that all rooms of the merchant share, when left out." maxLength:"64"`
	AsOf       string `query:"as_of" doc:"RFC 3339: only facts received until then; now when left out."`
	Format     string `query:"format" enum:"json,csv" default:"json"`
}

// Span is what an answer is about.
type Span struct {
	From     string `json:"from" format:"date"`
	To       string `json:"to" format:"date"`
	TimeZone string `json:"time_zone"`
	RoomID   string `json:"room_id,omitempty"`
	AsOf     Time   `json:"as_of"`
	Complete bool   `json:"complete" doc:"Every fact received until as_of is in."`
}

// days reads the query. from is the first day when the query names none, counted
// back from today; zero means all there is.
func (a *API) days(ctx context.Context, p live.Principal, in *RangeQuery, back int) (s conversion.Scope, from, until time.Time, out Span, err error) {
	if s.Merchant, err = merchant(p, in.MerchantID); err != nil {
		return s, from, until, out, err
	}
	s.Room = live.RoomID(in.RoomID)
	if s.Zone, err = a.zone(ctx, p, s.Merchant, s.Room, in.TimeZone); err != nil {
		return s, from, until, out, err
	}
	if s.AsOf, err = a.asOf(in.AsOf); err != nil {
		return s, from, until, out, err
	}
	if s.AsOf.IsZero() {
		s.AsOf = a.cfg.Now().Add(-settleInstants).UTC().Truncate(time.Millisecond)
	}
	y, m, d := s.AsOf.In(s.Zone).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, s.Zone)
	last := today
	if in.To != "" {
		if last, err = day("to", in.To, s.Zone); err != nil {
			return s, from, until, out, err
		}
	}
	switch {
	case in.From != "":
		from, err = day("from", in.From, s.Zone)
	case back == 0:
		from = time.Date(2000, 1, 1, 0, 0, 0, 0, s.Zone)
	default:
		from = last.AddDate(0, 0, 1-back)
	}
	if err != nil {
		return s, from, until, out, err
	}
	until = last.AddDate(0, 0, 1)
	if last.Before(from) || back > 0 && last.After(from.AddDate(0, 0, maxRangeDays-1)) {
		return s, from, until, out, live.Invalid("invalid_field", "to", "must be from the first day on and at most %d days in all", maxRangeDays)
	}
	out = Span{From: from.Format(time.DateOnly), To: last.Format(time.DateOnly), TimeZone: s.Zone.String(), RoomID: in.RoomID, AsOf: Time{s.AsOf}}
	out.Complete, err = a.cfg.Retention.Settled(ctx, s.AsOf)
	return s, from, until, out, err
}

// RetentionAnswer is the answer of GET /v1/retention.
type RetentionAnswer struct {
	Span
	By      string         `json:"by"`
	Act     string         `json:"act"`
	Period  string         `json:"period"`
	Mode    string         `json:"mode"`
	Cohorts []Cohort       `json:"cohorts" doc:"Largest first; by period, oldest first."`
	More    int            `json:"more_cohorts" doc:"How many are left out for the limit. They are in all."`
	All     Cohort         `json:"all"`
	Rates   RetentionRates `json:"rates"`
}

// Cohort is everybody who began together.
type Cohort struct {
	Key       string           `json:"key" doc:"Day, Monday of the week, month, show, channel or agent; empty for none."`
	Size      int64            `json:"size"`
	Intervals []CohortInterval `json:"intervals"`
}

// CohortInterval is how many came back in one interval.
type CohortInterval struct {
	N    int  `json:"n" doc:"0 is the interval that holds the beginning."`
	Rate Rate `json:"rate" doc:"Who came back, of the persons whose interval is over."`
}

// RetentionRates are the rates of return of the range.
type RetentionRates struct {
	Days              int    `json:"days"`
	Next              int    `json:"next"`
	RepeatRate        Rate   `json:"repeat_rate" doc:"复购率: first-time buyers who bought again on a later day within the days, of first-time buyers whose days are over."`
	RepeatBuyerRate   Rate   `json:"repeat_buyer_rate" doc:"Buyers who bought on two days of the range or more, of all buyers of the range."`
	RepeatOrderRate   Rate   `json:"repeat_order_rate" doc:"Orders of a later day than the buyer's first, of all orders of the range."`
	PurchaseFrequency Rate   `json:"purchase_frequency" doc:"复购频次: orders / buyers of the range."`
	RetainedRate      Rate   `json:"retained_traffic_rate" doc:"留量率: arrivals who can be reached and were active at day N, of arrivals whose day N is over."`
	ReturnViewerRate  Rate   `json:"return_viewer_rate" doc:"回访率: viewers of the shows who were seen again in one of the next shows; shows that not all of the next have followed are left out."`
	Shows             []Back `json:"shows"`
}

// Back is one show with who came back after it.
type Back struct {
	ShowID   string `json:"show_id"`
	Day      string `json:"day" format:"date"`
	Rate     Rate   `json:"rate"`
	Complete bool   `json:"complete" doc:"All of the next shows have been."`
}

func (a *API) retentions() {
	read := []live.Action{live.ActReport}
	add(a, Route{
		ID: "get-retention", Method: "GET", Path: "/v1/retention", Tag: "Retention", Summary: "Read who comes back, by cohort",
		Text: "Persons who began in the range, by when or with what, and how many of them came back in the days, weeks (7 days) or months (30 days) that followed, by the calendar of the time zone. " +
			"A person is in an interval only when it is over for them. Names of one person count once; what bots did and rehearsals do not count; an order that was cancelled or refunded in full is none.",
		Actions: read, output: sheetTypes, answer: RetentionAnswer{},
	}, a.getRetention)
	add(a, Route{
		ID: "get-rfm", Method: "GET", Path: "/v1/retention/rfm", Tag: "Retention", Summary: "Place buyers by recency, frequency and money",
		Text: "Scores are 1 to 5, by how many buyers are strictly worse: equal buyers have equal scores. The segments are parts of the grid of recency and frequency. " +
			"A page has the buyers of all segments or of one; name `as_of` when you go on to the next page. Reading it is recorded in the audit log.",
		Actions: read, output: sheetTypes, answer: RFM{},
	}, a.getRFM)
	add(a, Route{
		ID: "get-lifetime", Method: "GET", Path: "/v1/retention/lifetime", Tag: "Retention", Summary: "Expect what buyers will order",
		Text: "BG/NBD and Gamma-Gamma, fitted by maximum likelihood to the buyers of one currency, in days. Too few buyers are 409 `lifetime_too_few`, buyers whom the model does not fit 409 `lifetime_no_fit`. " +
			"Expected values are of a crowd and no promise about one person; money is rounded to minor units and not discounted. Reading it is recorded in the audit log.",
		Actions: read, output: sheetTypes, answer: Lifetime{}, errors: []int{409},
	}, a.getLifetime)
}

func (a *API) getRetention(ctx context.Context, p live.Principal, in *struct {
	RangeQuery
	By      string `query:"by" enum:"period,show,channel,agent" default:"period" doc:"What a cohort has in common: when it began, or with which show, channel of the first entry, or agent."`
	Act     string `query:"act" enum:"view,order" default:"view" doc:"What begins and what is coming back: to enter a room, or to pay an order that holds."`
	Period  string `query:"period" enum:"day,week,month" default:"day"`
	Mode    string `query:"mode" enum:"on,on_or_after" default:"on" doc:"Back in the interval, or in it or later."`
	Periods int    `query:"periods" minimum:"0" maximum:"90" default:"12" doc:"How many intervals after the first."`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many cohorts to list."`
	Days    int    `query:"days" minimum:"1" maximum:"365" default:"30" doc:"N of the rates that have one."`
	Next    int    `query:"next" minimum:"1" maximum:"50" default:"3" doc:"In how many next shows viewers are looked for."`
},
) (*sheetOutput, error) {
	scope, from, until, span, err := a.days(ctx, p, &in.RangeQuery, defaultDays)
	if err != nil {
		return nil, err
	}
	first, end := conversion.DayOf(from, scope.Zone), conversion.DayOf(until, scope.Zone)
	table, err := a.cfg.Retention.Cohorts(ctx, conversion.CohortQuestion{
		Scope: scope, By: conversion.CohortBy(in.By), Act: conversion.CohortAct(in.Act), Period: conversion.Period(in.Period), OrAfter: in.Mode == "on_or_after",
		Periods: in.Periods, From: first, Until: end,
	})
	if err != nil {
		return nil, err
	}
	out := RetentionAnswer{Span: span, By: in.By, Act: in.Act, Period: in.Period, Mode: in.Mode, Cohorts: []Cohort{}, All: cohortOf(table.All)}
	for i, c := range table.Cohorts {
		if i == in.Limit {
			out.More = len(table.Cohorts) - i
			break
		}
		out.Cohorts = append(out.Cohorts, cohortOf(c))
	}
	r, err := a.cfg.Retention.Rates(ctx, conversion.RateQuestion{Scope: scope, From: first, Until: end, Days: in.Days, Next: in.Next})
	if err != nil {
		return nil, err
	}
	back, viewers := conversion.SumReturns(r.Shows)
	out.Rates = RetentionRates{
		Days: in.Days, Next: in.Next, RepeatRate: fraction(r.RepeatBuyers, r.FirstBuyers), RepeatBuyerRate: fraction(r.OftenBuyers, r.Buyers),
		RepeatOrderRate: fraction(r.RepeatOrders, r.Orders), PurchaseFrequency: fraction(r.Orders, r.Buyers), RetainedRate: fraction(r.Retained, r.Arrivals),
		ReturnViewerRate: fraction(back, viewers), Shows: []Back{},
	}
	for _, s := range r.Shows {
		out.Rates.Shows = append(out.Rates.Shows, Back{ShowID: string(s.Show), Day: s.Day.String(), Rate: fraction(s.Back, s.Viewers), Complete: s.Done})
	}
	return sheet(in.Format, "retention", out, func() [][]string {
		rows := [][]string{{"cohort", "size", "interval", "back", "of", "rate"}}
		for _, c := range out.Cohorts {
			for _, i := range c.Intervals {
				rows = append(rows, append([]string{plain(c.Key), number(c.Size), fmt.Sprint(i.N)}, rateCells(i.Rate)...))
			}
		}
		return rows
	})
}

func cohortOf(c conversion.Cohort) Cohort {
	out := Cohort{Key: c.Key, Size: c.Size, Intervals: make([]CohortInterval, len(c.Cells))}
	for n, cell := range c.Cells {
		out.Intervals[n] = CohortInterval{N: n, Rate: fraction(cell.Back, cell.Of)}
	}
	return out
}

// currency is the one whose orders are meant: the one named, or the only one.
func (a *API) currency(ctx context.Context, s conversion.Scope, named string) (live.Currency, error) {
	if named != "" {
		if c := live.Currency(named); c.Valid() {
			return c, nil
		}
		return "", live.Invalid("invalid_field", "currency", "must be an ISO 4217 code")
	}
	all, err := a.cfg.Retention.Currencies(ctx, s)
	switch {
	case err != nil:
		return "", err
	case len(all) > 1:
		e := live.Invalid("invalid_field", "currency", "is required: there are orders in several currencies, which do not add up")
		e.Data = map[string]any{"currencies": all}
		return "", e
	case len(all) == 0:
		return "", nil
	}
	return all[0], nil
}
