package clickhouse

import (
	"context"
	"math"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// Figures counts a show as of an instant, from the facts alone: those received
// at or before asOf. Every number is exact. The show must carry its start and
// end as the store knows them. A show without facts has figures of zero.
func (db *DB) Figures(ctx context.Context, merchant live.MerchantID, show live.Show, asOf time.Time) (analytics.Figures, error) {
	return db.FiguresOf(ctx, merchant, show, asOf, analytics.Everything)
}

// FiguresStanding is [DB.Figures], and how the facts of the show stood before most of
// them were counted: what is counted first tells it beside, and counts what stood. The
// figures are of these facts and no others if they stand so afterwards too.
func (db *DB) FiguresStanding(ctx context.Context, merchant live.MerchantID, show live.Show, asOf time.Time) (analytics.Figures, Standing, error) {
	if show.Rehearsal { // Nothing of it is counted.
		stands, err := db.StandingsOfFacts(ctx, merchant, []analytics.ShowAt{{Show: show, At: asOf}})
		if err != nil {
			return analytics.Figures{}, Standing{}, err
		}
		f, err := db.Figures(ctx, merchant, show, asOf)
		return f, stands[0], err
	}
	q := db.questionOf(merchant, show, asOf, math.MaxInt64, analytics.Everything)
	f, err := q.figures(ctx)
	return f, q.stood, err
}

// FiguresBefore counts a show as of an instant with those flagged as bots who were
// so before a place of the log: what the figures were until then.
func (db *DB) FiguresBefore(ctx context.Context, merchant live.MerchantID, show live.Show, asOf time.Time, flags live.Position) (analytics.Figures, error) {
	return db.questionOf(merchant, show, asOf, int64(flags.Offset()), analytics.Everything).figures(ctx)
}

// FiguresOf counts only what some tables of a show are made of, as [DB.Figures]
// does.
func (db *DB) FiguresOf(ctx context.Context, merchant live.MerchantID, show live.Show, asOf time.Time, need analytics.Part) (analytics.Figures, error) {
	return db.questionOf(merchant, show, asOf, math.MaxInt64, need).figures(ctx)
}

// PastShow is a show that is over by its whole minutes, counted as [DB.Figures] does.
func (db *DB) PastShow(ctx context.Context, show live.Show) (analytics.PastShow, error) {
	f, err := db.FiguresOf(ctx, show.Merchant, show, show.EndedAt, analytics.PartMinutes)
	if err != nil {
		return analytics.PastShow{}, err
	}
	return analytics.PastShow{Show: show, Minutes: analytics.WholeMinutes(show, &f)}, nil
}

// What more than one part is made of.
const (
	ofCensus  = analytics.PartFunnel | analytics.PartMetrics
	ofFunnel  = ofCensus
	ofPersons = ofCensus | analytics.PartSources
	ofMoney   = analytics.PartMetrics | analytics.PartHosts
	ofMinutes = analytics.PartMinutes | analytics.PartMetrics
	ofDeeds   = analytics.PartMinutes | analytics.PartProducts | analytics.PartHosts
	ofViewers = ofPersons | ofMinutes | analytics.PartProducts
)

// figures asks in up to three rounds: what tells how the facts stand and what there is
// to ask about, where everything is asked for; what every show has; and what only some
// have, as far as it was not known before. Where persons are flagged as bots it asks
// what viewers did once more without them, in two.
func (q *question) figures(ctx context.Context) (analytics.Figures, error) {
	f := q.f
	if q.show.Rehearsal {
		f.Funnel = analytics.NewFunnel(&f.Traffic, 0, 0, 0, 0)
		return *f, nil
	}
	census := func(of crowd, stand bool) part {
		return part{ofCensus, func(ctx context.Context) error { return q.census(ctx, of.facts, stand) }}
	}
	all := append(q.behaviour(everyone), part{ofPersons, q.customers}, part{ofDeeds, q.deeds})
	some := append(q.rarities(everyone), part{analytics.PartMetrics, q.given}, part{analytics.PartProducts, q.explained})
	last := []part{{analytics.PartHosts, q.shifts}}
	flags := part{ofViewers, q.bots}
	if q.need == analytics.Everything {
		if err := q.ask(ctx, census(everyone, true), part{analytics.Everything, q.book}); err != nil {
			return analytics.Figures{}, err
		}
		all = append(append(all, some...), flags)
	} else {
		all = append(all, census(everyone, false), part{ofMoney, q.money}, part{analytics.PartMinutes, q.sales}, part{analytics.PartProducts, q.productSales})
		last = append(last, some...)
		if q.need.Has(ofCensus | ofDeeds) {
			last = append(last, flags)
		} else { // Nothing of the first round tells whether there are any.
			all = append(all, flags)
		}
	}
	if err := q.ask(ctx, all...); err != nil {
		return analytics.Figures{}, err
	}
	if err := q.ask(ctx, last...); err != nil {
		return analytics.Figures{}, err
	}
	q.aired()
	f.Raw = f.Traffic
	if f.Bots > 0 {
		q.forget()
		if err := q.ask(ctx, append(q.behaviour(people), census(people, false))...); err != nil {
			return analytics.Figures{}, err
		}
		if err := q.ask(ctx, q.rarities(people)...); err != nil {
			return analytics.Figures{}, err
		}
		q.aired()
	}
	q.bought()
	f.Tidy()
	return *f, nil
}

// behaviour is what viewers do in every show, beside what the census has.
func (q *question) behaviour(of crowd) []part {
	return []part{
		{ofPersons, func(ctx context.Context) error { return q.watching(ctx, of.viewers) }},
		{ofMinutes, func(ctx context.Context) error { return q.presence(ctx, of.viewers) }},
		{analytics.PartProducts, func(ctx context.Context) error { return q.interest(ctx, of.viewers) }},
	}
}

// rarities is what viewers do in some shows.
func (q *question) rarities(of crowd) []part {
	return []part{
		{analytics.PartMetrics, func(ctx context.Context) error { return q.comments(ctx, of.viewers) }},
		{analytics.PartMetrics, func(ctx context.Context) error { return q.gifts(ctx, of.viewers) }},
		{analytics.PartMetrics, func(ctx context.Context) error { return q.takers(ctx, of.viewers) }},
	}
}

// aired counts how long the show was on.
func (q *question) aired() {
	first, end := analytics.ClockOnAir(q.show, q.f.AsOf)
	q.f.Traffic.ClockMinutes, q.f.Traffic.MinutesOnAir = end-first, analytics.MinutesOnAir(q.show, q.f.AsOf)
}

// forget takes out what viewers did, to be counted again.
func (q *question) forget() {
	f := q.f
	f.Traffic = analytics.Traffic{}
	for i := range f.Minutes {
		m := &f.Minutes[i]
		m.Entered, m.Online, m.Comments, m.Likes, m.Clicks, m.Carts = 0, 0, 0, 0, 0, 0
	}
	for i := range f.Products {
		p := &f.Products[i]
		p.ExposurePV, p.ExposureUV, p.ClickPV, p.ClickUV, p.CartPV = 0, 0, 0, 0, 0
	}
	for i := range f.Sources {
		f.Sources[i].WatchPV, f.Sources[i].WatchUV = 0, 0
	}
}
