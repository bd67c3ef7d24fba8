package main

import (
	"context"
	"errors"
	"time"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/analytics/plan"
	"showrunner/conversion"
	"showrunner/conversion/care"
	"showrunner/conversion/care/complaint"
	"showrunner/conversion/care/guard"
	"showrunner/conversion/care/temperature"
	"showrunner/gateway/api"
	"showrunner/live"
	"showrunner/live/store"
)

// reportSource is what reports are made of: ClickHouse, what was counted of it
// before, the book of complaints and the rules of the guard.
type reportSource struct {
	*clickhouse.DB
	over  *counted
	book  *complaint.Book
	guard *guard.Guard
	// The merchant's shows and targets, which the figures are held against.
	store *store.Store
	plan  *plan.Book
}

// Figures are those of a show as of an instant, counted unless they were before.
func (s reportSource) Figures(ctx context.Context, _ live.MerchantID, show live.Show, asOf time.Time) (analytics.Figures, error) {
	return s.over.figures(ctx, show, asOf, analytics.Everything)
}

// Metrics are those of shows, counted unless they were before.
func (s reportSource) Metrics(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) ([]analytics.Figures, error) {
	return s.over.metrics(ctx, m, shows)
}

// Felt asks how service of the merchant felt from the start of the show until the
// answer hours after it, by the rules of the instant.
func (s reportSource) Felt(ctx context.Context, show live.Show, asOf time.Time) (out analytics.Felt, err error) {
	k, err := s.guard.RulesAt(ctx, show.Merchant, asOf)
	if err != nil {
		return out, err
	}
	until := asOf
	if end := show.EndedAt.Add(analytics.FeltHours * time.Hour); !show.EndedAt.IsZero() && end.Before(asOf) {
		until = end
	}
	q := api.FeltQuestion(conversion.Scope{Merchant: show.Merchant, Zone: time.UTC, AsOf: asOf}, show.StartedAt, until, &k.Rules, temperature.ByMerchant)
	rows, err := s.Temperatures(ctx, q)
	if err != nil {
		return out, err
	}
	scale := &k.Rules.Temperature
	out = analytics.Felt{From: show.StartedAt, Until: until, Asked: true, Alpha: scale.Alpha, Beta: scale.Beta, LeastToSay: scale.Least}
	if len(rows) > 0 {
		out.Row = rows[0]
	}
	return out, nil
}

// ShowsBefore are the store's.
func (s reportSource) ShowsBefore(ctx context.Context, m live.MerchantID, c live.Currency, before time.Time, most int) ([]live.Show, error) {
	return s.store.ShowsBefore(ctx, m, c, before, most)
}

// Targets are those that held at an instant.
func (s reportSource) Targets(ctx context.Context, m live.MerchantID, at time.Time) ([]analytics.Target, error) {
	return s.plan.Targets(ctx, m, at)
}

// Complained asks the book as the endpoints of complaints do, of the show as of an
// instant.
func (s reportSource) Complained(ctx context.Context, show live.Show, asOf time.Time) (out analytics.Complained, err error) {
	reach := care.Reach{Merchant: show.Merchant}
	f, err := s.book.Figures(ctx, complaint.FigureQuestion{Reach: reach, Show: show.ID, AsOf: asOf})
	if err != nil {
		return out, err
	}
	k, err := s.book.Keywords(ctx, complaint.KeywordQuestion{Reach: reach, Show: show.ID, AsOf: asOf})
	if err != nil {
		return out, err
	}
	next, items, err := s.book.NextBrief(ctx, show.Merchant, show.ID, asOf)
	if err != nil && !errors.Is(err, live.NotFound("show_not_found", "")) {
		return out, err
	}
	out.Paid, out.Complaints = f.Paid, f.Complaints
	for _, c := range f.Causes() {
		zh, en := complaint.NamesOf(c)
		out.Causes = append(out.Causes, analytics.CauseCount{Cause: string(c), ZH: zh, EN: en, Complaints: f.ByCause[c]})
	}
	for _, w := range k.List {
		out.Keywords = append(out.Keywords, analytics.KeywordTold{Term: w.Term, Count: int64(w.Count), Tellings: int64(w.Docs), Score: w.Score})
	}
	for _, i := range items {
		out.Brief = append(out.Brief, analytics.BriefLine{Show: string(next), Kind: string(i.Kind), Text: i.Text, Answer: i.Answer, Product: string(i.Product), Title: i.ProductTitle, Complaints: i.Complaints, Asked: i.Asked})
	}
	return out, nil
}
