package api

import (
	"context"
	"encoding/base64"
	"fmt"

	"showrunner/conversion"
	"showrunner/live"
)

const rfmDays = 365

// RFM is the answer of GET /v1/retention/rfm.
type RFM struct {
	Span
	Currency   string       `json:"currency" doc:"Of the orders and the money; empty when there are none."`
	Buyers     int64        `json:"buyers"`
	Segments   []RFMSegment `json:"segments" doc:"Best first, all of them."`
	Items      []RFMBuyer   `json:"items" doc:"By person_id."`
	NextCursor string       `json:"next_cursor,omitempty" doc:"Left out on the last page."`
}

// RFMSegment is a named part of the buyers.
type RFMSegment struct {
	Segment      string `json:"segment" enum:"champions,loyal,potential_loyalists,new,promising,need_attention,about_to_sleep,cannot_lose,at_risk,hibernating"`
	Share        Rate   `json:"share" doc:"Of the buyers."`
	Orders       int64  `json:"orders"`
	Net          int64  `json:"net_minor"`
	RecencyDays  Rate   `json:"recency_days" doc:"Mean days since the last order."`
	RecencyLeast int64  `json:"recency_days_min"`
	RecencyMost  int64  `json:"recency_days_max"`
	OrdersLeast  int64  `json:"orders_min"`
	OrdersMost   int64  `json:"orders_max"`
}

// RFMBuyer is one buyer with their scores.
type RFMBuyer struct {
	PersonID    string `json:"person_id"`
	Segment     string `json:"segment"`
	R           int    `json:"r" minimum:"1" maximum:"5" doc:"5: ordered most recently."`
	F           int    `json:"f" minimum:"1" maximum:"5"`
	M           int    `json:"m" minimum:"1" maximum:"5"`
	RecencyDays int    `json:"recency_days" doc:"Calendar days since the last order."`
	Orders      int    `json:"orders"`
	Net         int64  `json:"net_minor" doc:"Paid less refunds."`
}

func (a *API) getRFM(ctx context.Context, p live.Principal, in *struct {
	RangeQuery
	Currency string `query:"currency" doc:"Needed when there are orders in several." maxLength:"3"`
	Segment  string `query:"segment" enum:"champions,loyal,potential_loyalists,new,promising,need_attention,about_to_sleep,cannot_lose,at_risk,hibernating" doc:"Buyers of this one only."`
	Cursor   string `query:"cursor" doc:"next_cursor of the page before." maxLength:"1024"`
	Limit    int    `query:"limit" minimum:"1" maximum:"10000" default:"50"`
},
) (*sheetOutput, error) {
	after, err := base64.RawURLEncoding.DecodeString(in.Cursor)
	if err != nil {
		return nil, live.Invalid("invalid_field", "cursor", "is not one of ours")
	}
	scope, from, until, span, err := a.days(ctx, p, &in.RangeQuery, rfmDays)
	if err != nil {
		return nil, err
	}
	q := conversion.BuyerQuestion{Scope: scope, From: conversion.DayOf(from, scope.Zone), Until: conversion.DayOf(until, scope.Zone)}
	if q.Currency, err = a.currency(ctx, scope, in.Currency); err != nil {
		return nil, err
	}
	segments, err := a.cfg.Retention.Segments(ctx, q)
	if err != nil {
		return nil, err
	}
	buyers, err := a.cfg.Retention.Scored(ctx, q, conversion.Segment(in.Segment), live.PersonID(after), in.Limit+1)
	if err != nil {
		return nil, err
	}
	if err := a.audit(ctx, p, scope.Merchant, "", string(live.ActReport), map[string]any{"rfm": in.Segment, "as_of": Time{scope.AsOf}}); err != nil {
		return nil, err
	}
	out := RFM{Span: span, Currency: string(q.Currency), Segments: []RFMSegment{}, Items: []RFMBuyer{}}
	for _, s := range segments {
		out.Buyers += s.Buyers
	}
	for _, s := range segments {
		out.Segments = append(out.Segments, RFMSegment{
			Segment: string(s.Segment), Share: fraction(s.Buyers, out.Buyers), Orders: s.Orders, Net: s.Monetary, RecencyDays: fraction(s.Recency, s.Buyers),
			RecencyLeast: s.RMin, RecencyMost: s.RMax, OrdersLeast: s.FMin, OrdersMost: s.FMax,
		})
	}
	if len(buyers) > in.Limit {
		buyers = buyers[:in.Limit]
		out.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(buyers[in.Limit-1].Person))
	}
	for _, b := range buyers {
		out.Items = append(out.Items, RFMBuyer{
			PersonID: string(b.Person), Segment: string(b.Segment()), R: b.R, F: b.F, M: b.M,
			RecencyDays: b.Spender.Recency, Orders: b.Frequency, Net: b.Monetary,
		})
	}
	return sheet(in.Format, "rfm", out, func() [][]string {
		rows := [][]string{{"person_id", "segment", "r", "f", "m", "recency_days", "orders", "net_minor", "currency"}}
		for _, b := range out.Items {
			rows = append(rows, []string{
				plain(b.PersonID), b.Segment, fmt.Sprint(b.R), fmt.Sprint(b.F), fmt.Sprint(b.M), fmt.Sprint(b.RecencyDays), fmt.Sprint(b.Orders), number(b.Net), out.Currency,
			})
		}
		return rows
	})
}
