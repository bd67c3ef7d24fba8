package main

import (
	"context"
	"errors"
	"time"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/conversion/care/complaint"
	"showrunner/live"
)

// reportSource is what reports are made of: ClickHouse, and the book of complaints.
type reportSource struct {
	*clickhouse.DB
	book *complaint.Book
}

// Complained asks the book as the endpoints of complaints do, of the show as of an
// instant.
func (s reportSource) Complained(ctx context.Context, show live.Show, asOf time.Time) (out analytics.Complained, err error) {
	reach := complaint.Reach{Merchant: show.Merchant}
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
		out.Brief = append(out.Brief, analytics.BriefLine{Show: string(next), Kind: string(i.Kind), Text: i.Text, Answer: i.Answer, Complaints: i.Complaints, Asked: i.Asked})
	}
	return out, nil
}
