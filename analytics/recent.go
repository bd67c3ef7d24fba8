package analytics

import (
	"encoding/json"
	"time"

	"showrunner/live"
)

const (
	// RecentMinutes is the length of each of the two spans that are compared.
	RecentMinutes = 10
	// RecentLeast is how much both spans must hold together for a change between
	// them to be told: of fewer, a fall by half is within two standard deviations
	// of chance. Of n things that fall into either span with equal chance the
	// deviation is sqrt(n)/2, and a fall by half is n/6 off the middle.
	RecentLeast = 36
)

// Recent is a figure in the last whole minutes beside the same before.
type Recent struct {
	Figure *RecentFigure
	// Now and Before are per minute, or a rate. Change is the difference in parts
	// of Before; without a value where Before is nothing.
	Now, Before, Change Rate
	// Sample is what both spans hold together of the things that are counted.
	Sample int64
	// Enough is false where the sample is below [RecentLeast] or the show has not
	// been on for both spans: the change may be chance.
	Enough bool
}

// RecentFigure is a figure of the last minutes.
type RecentFigure struct {
	Key     string
	ZH, EN  string
	Unit    Unit
	Formula string
	Source  string
	Money   bool
	num     func(*Span) int64
	den     func(*Span) int64 // nil: per minute
	sample  func(*Span) int64
}

// Span is what some minutes hold.
type Span struct {
	Minutes int64
	Entered int64
	Online  int64 // persons active in each minute, summed
	// Comments, Clicks, Orders and Paid are as in [Minute]; PaidMinor is in one currency.
	Comments, Clicks, Orders, Paid, PaidMinor int64
}

// RecentFigures are the figures that are compared over the last minutes.
var RecentFigures = []RecentFigure{
	{"inflow_10m", "近10分钟每分钟进入", "inflow per minute, last 10 minutes", UnitCount, "room_entered facts of the last 10 whole minutes / minutes; beside the 10 minutes before", "own", false, func(s *Span) int64 { return s.Entered }, nil, func(s *Span) int64 { return s.Entered }},
	{"online_10m", "近10分钟平均在线", "average online, last 10 minutes", UnitPersons, "persons active in each of the last 10 whole minutes, summed / minutes; beside the 10 minutes before", "own", false, func(s *Span) int64 { return s.Online }, nil, func(s *Span) int64 { return s.Online }},
	{"comments_10m", "近10分钟每分钟评论", "comments per minute, last 10 minutes", UnitCount, "comment_pv of the last 10 whole minutes / minutes; beside the 10 minutes before", "own", false, func(s *Span) int64 { return s.Comments }, nil, func(s *Span) int64 { return s.Comments }},
	{"clicks_10m", "近10分钟每分钟商品点击", "product clicks per minute, last 10 minutes", UnitCount, "product_click_pv of the last 10 whole minutes / minutes; beside the 10 minutes before", "own", false, func(s *Span) int64 { return s.Clicks }, nil, func(s *Span) int64 { return s.Clicks }},
	{"orders_10m", "近10分钟每分钟下单", "orders per minute, last 10 minutes", UnitCount, "orders created in the last 10 whole minutes, of every currency / minutes; beside the 10 minutes before", "own", false, func(s *Span) int64 { return s.Orders }, nil, func(s *Span) int64 { return s.Orders }},
	{"gmv_10m_minor", "近10分钟每分钟支付金额", "GMV paid per minute, last 10 minutes", UnitMinor, "gmv_paid of the last 10 whole minutes in the show's currency / minutes; beside the 10 minutes before; the sample is paid orders", "own", true, func(s *Span) int64 { return s.PaidMinor }, nil, func(s *Span) int64 { return s.Paid }},
	{"conversion_10m", "近10分钟转化率", "conversion, last 10 minutes", UnitRatio, "orders paid in the last 10 whole minutes, of every currency / persons active in each of them, summed; beside the 10 minutes before; the sample is paid orders", "own", false, func(s *Span) int64 { return s.Paid }, func(s *Span) int64 { return s.Online }, func(s *Span) int64 { return s.Paid }},
}

// RecentOf compares the last ten whole minutes on air with the ten before them,
// in the order of [RecentFigures]. Before the first whole minute both are empty.
func RecentOf(show live.Show, f *Figures) []Recent {
	now, before := lastSpans(show, f)
	out := make([]Recent, len(RecentFigures))
	for i := range RecentFigures {
		c := &RecentFigures[i]
		r := Recent{Figure: c, Now: c.rate(&now), Before: c.rate(&before), Sample: c.sample(&now) + c.sample(&before)}
		if d := r.Before.Num * r.Now.Den; d > 0 {
			r.Change = Rate{r.Now.Num*r.Before.Den - r.Before.Num*r.Now.Den, d}
		}
		r.Enough = now.Minutes == RecentMinutes && before.Minutes == RecentMinutes && r.Sample >= RecentLeast
		out[i] = r
	}
	return out
}

func (c *RecentFigure) rate(s *Span) Rate {
	if c.den == nil {
		return Rate{c.num(s), s.Minutes}
	}
	return Rate{c.num(s), c.den(s)}
}

// WholeMinutes are the minutes on air that are over, in which the show was on
// from their first second to their last.
func WholeMinutes(show live.Show, f *Figures) []Minute {
	all := f.OnAir(show)
	_, until := onAir(show, f.AsOf)
	if len(all) > 0 && all[0].T.Before(show.StartedAt) {
		all = all[1:]
	}
	if n := len(all); n > 0 && all[n-1].T.Add(time.Minute).After(until) {
		all = all[:n-1]
	}
	return all
}

// SpanOf adds up minutes, with the money of one currency.
func SpanOf(minutes []Minute, currency live.Currency) Span {
	var s Span
	for i := range minutes {
		m := &minutes[i]
		s.Minutes++
		s.Entered += m.Entered
		s.Online += m.Online
		s.Comments += m.Comments
		s.Clicks += m.Clicks
		s.Orders += m.Orders
		s.Paid += m.Paid
		for k := range m.Money {
			if m.Money[k].Currency == currency {
				s.PaidMinor += m.Money[k].Paid
			}
		}
	}
	return s
}

// lastSpans are the last ten whole minutes and the ten before them.
func lastSpans(show live.Show, f *Figures) (now, before Span) {
	all := WholeMinutes(show, f)
	from := max(0, len(all)-RecentMinutes)
	return SpanOf(all[from:], show.Currency), SpanOf(all[max(0, from-RecentMinutes):from], show.Currency)
}

// Recents are figures of the last minutes as a snapshot shows them.
type Recents []Recent

// WithoutMoney leaves out what roles without the right to money may not see.
func (rs Recents) WithoutMoney() Recents {
	kept := make(Recents, 0, len(rs))
	for _, r := range rs {
		if !r.Figure.Money {
			kept = append(kept, r)
		}
	}
	return kept
}

// MarshalJSON writes one object with a member for each figure.
func (rs Recents) MarshalJSON() ([]byte, error) {
	out := make(map[string]any, len(rs))
	for _, r := range rs {
		row := map[string]any{"now": r.Now, "before": r.Before, "sample": r.Sample, "enough": r.Enough, "change": nil}
		if x, ok := r.Change.Value(); ok {
			row["change"] = x
		}
		out[r.Figure.Key] = row
	}
	return json.Marshal(out)
}

// recentDefinitions are [RecentFigures] as the dictionary has them.
func recentDefinitions() []Definition {
	var out []Definition
	for i := range RecentFigures {
		c := &RecentFigures[i]
		out = append(out, define(Column{c.Key, c.ZH, c.EN, c.Unit, true, c.Money, c.Formula}, c.Source))
	}
	return out
}
