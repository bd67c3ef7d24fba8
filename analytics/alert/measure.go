package alert

import (
	"cmp"
	"slices"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

const (
	// Window is the span that rules look at, in whole minutes.
	Window = analytics.RecentMinutes
	// LeastShows is how many earlier shows a median is made of at least.
	LeastShows = 3
	// LeastExpected is how many things the median says there should have been, at
	// least: of ten expected, below half is a chance of one in thirty.
	LeastExpected = 10
	// baseline is how far back the shows of a median began.
	baseline = 7 * 24 * time.Hour
)

// Input is what rules look at: one show at one instant.
type Input struct {
	Show    live.Show
	Figures *analytics.Figures
	// Past are earlier shows of the room by the minute.
	Past []analytics.PastShow
	// Items are the shelf of now, and Ordered the units ordered of each SKU in
	// the last ten minutes, see [OrderedWithin].
	Items   []live.Item
	Ordered map[live.SKUID]int64
}

// Reading is what a rule finds: Num of Den, to be held against its limits.
type Reading struct {
	Subject  string // the SKU of a stock-out; else empty
	Num, Den int64  // Den > 0
	Evidence map[string]any
}

// Measure is what the rule sees. No reading of a subject means that it cannot be
// known, or that there is nothing to know.
func (r *Rule) Measure(in *Input) []Reading {
	switch r.Kind {
	case InflowFall:
		return in.fall(func(s *analytics.Span) (int64, int64) { return s.Entered, 1 })
	case ConversionFall:
		return in.fall(func(s *analytics.Span) (int64, int64) { return s.Paid, s.Online })
	case StockOut:
		return in.stock()
	case ComplaintBurst:
		return in.count("complaints", func(m *analytics.Minute) int64 { return m.Complaints })
	case SLABreach:
		return in.count("breaches", func(m *analytics.Minute) int64 { return m.Breaches })
	}
	return nil
}

// Bad reports whether a reading is one that raises an alert.
func (r *Rule) Bad(x Reading) bool {
	if fallsBelow[r.Kind] {
		return x.Num < r.Raise*x.Den
	}
	return x.Num >= r.Raise*x.Den
}

// Calm reports whether a reading is one that clears an alert.
func (r *Rule) Calm(x Reading) bool {
	if fallsBelow[r.Kind] {
		return x.Num >= r.Clear*x.Den
	}
	return x.Num <= r.Clear*x.Den
}

// fall compares the last ten whole minutes with the median of the same minutes
// of earlier shows, in per cent. A paused show is not compared.
func (in *Input) fall(of func(*analytics.Span) (num, den int64)) []Reading {
	whole := analytics.WholeMinutes(in.Show, in.Figures)
	if len(whole) < Window || in.Show.State != live.ShowStateLive {
		return nil
	}
	now := analytics.SpanOf(whole[len(whole)-Window:], in.Show.Currency)
	num, den := of(&now)
	if den == 0 {
		return nil
	}
	var before []analytics.Rate
	for i := range in.Past {
		p := &in.Past[i]
		if len(p.Minutes) < len(whole) || in.Show.StartedAt.Sub(p.Show.StartedAt) > baseline {
			continue
		}
		s := analytics.SpanOf(p.Minutes[len(whole)-Window:len(whole)], in.Show.Currency)
		if n, d := of(&s); d > 0 {
			before = append(before, analytics.Rate{Num: n, Den: d})
		}
	}
	if len(before) < LeastShows {
		return nil
	}
	slices.SortFunc(before, func(a, b analytics.Rate) int { return cmp.Compare(a.Num*b.Den, b.Num*a.Den) })
	median := before[(len(before)-1)/2] // The lower of two: it needs more to be below it.
	if median.Num*den < LeastExpected*median.Den {
		return nil
	}
	return []Reading{{Num: 100 * num * median.Den, Den: median.Num * den, Evidence: map[string]any{
		"now": analytics.Rate{Num: num, Den: den}, "median": median, "shows": len(before), "show_minute": len(whole), "minutes": Window,
	}}}
}

// stock is how long what can be bought of each SKU will last, in minutes. What
// nobody ordered in the last ten minutes is not read, and lasts.
func (in *Input) stock() []Reading {
	var out []Reading
	for i := range in.Items {
		it := &in.Items[i]
		left, rate := it.Released-it.Reserved-it.Sold, in.Ordered[it.SKU]
		r := Reading{Subject: string(it.SKU), Num: left * Window, Den: max(rate, 1), Evidence: map[string]any{
			"sku_id": string(it.SKU), "product_id": string(it.Product), "title": it.Title, "left": left, "ordered": rate, "minutes": Window,
		}}
		switch {
		case !it.Listed, it.Released == 0, left <= 0:
			continue // Nothing is ahead: it was not put on sale, or it is sold out already.
		case rate == 0:
			r.Num = maxLimit // Nobody orders it: it lasts longer than any rule asks.
		}
		out = append(out, r)
	}
	return out
}

// count adds up the last ten minutes, the one that is not over included.
func (in *Input) count(name string, of func(*analytics.Minute) int64) []Reading {
	var n int64
	since := in.Figures.AsOf.Truncate(time.Minute).Add(-(Window - 1) * time.Minute)
	for i := range in.Figures.Minutes {
		if m := &in.Figures.Minutes[i]; !m.T.Before(since) {
			n += of(m)
		}
	}
	return []Reading{{Num: n, Den: 1, Evidence: map[string]any{name: n, "minutes": Window}}}
}
