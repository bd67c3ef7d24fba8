package analytics

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"showrunner/live"
)

// IsMark reports whether a kind stands on the time axis, see [MarkKinds].
func IsMark(k live.Kind) bool { return slices.Contains(MarkKinds, k) }

// Figures is what was counted so far. asOf is when that is: a fold cannot
// forget, so it must not be before the newest fact added. The result shares
// nothing with the fold. It costs time in proportion to minutes, products and
// channels, not to persons.
func (f *Fold) Figures(asOf time.Time) Figures {
	out := Figures{Show: f.show.ID, AsOf: asOf, Traffic: f.traffic, Raw: f.raw, Bots: f.bots, Commands: slices.Clone(f.commands), Alerts: slices.Clone(f.alerts)}
	if f.show.Rehearsal {
		out.Funnel = NewFunnel(&out.Traffic, 0, 0, 0, 0)
		return out
	}
	f.Air(&out, asOf)
	var orders, paid int64
	for _, l := range f.book.money {
		m := l.Money
		for paidAt, refund := range l.refunds {
			if PaidOnShow(f.show, time.UnixMilli(paidAt)) {
				m.RefundsOfPayDate += refund
				m.GoodsOfPayDate += l.goods[paidAt]
			}
		}
		orders += m.Orders
		paid += m.OrdersPaid
		out.Money = append(out.Money, m)
	}
	out.Funnel = NewFunnel(&out.Traffic, orders, f.book.orderUV, paid, f.book.buyers)
	for _, m := range f.minutes {
		x := m.Minute
		x.Money = values(m.money)
		out.Minutes = append(out.Minutes, x)
	}
	f.caused(&out)
	out.Benefits = f.benefits
	out.Benefits.Money = values(f.gifts)
	for _, p := range f.products {
		x := p.Product
		x.Money = values(p.money)
		out.Products = append(out.Products, x)
	}
	for _, s := range f.sources {
		out.Sources = append(out.Sources, Source{
			Channel: s.channel, WatchPV: s.views, WatchUV: s.uv, Buyers: s.buyers, Money: values(s.money),
		})
	}
	for _, s := range f.shifts {
		x := s.Shift
		x.Money = values(s.money)
		out.Shifts = append(out.Shifts, x)
	}
	out.Tidy()
	return out
}

// Air counts what only the clock changes: how long the show was on as of an
// instant, and who was there in each minute of it. It is counted when it is read,
// because the end of a show comes after the facts before it, and facts come after
// the end; it costs time in proportion to minutes.
func (f *Fold) Air(out *Figures, asOf time.Time) {
	out.AsOf = asOf
	if f.show.Rehearsal {
		return
	}
	t, raw := &out.Traffic, &out.Raw
	t.OnlineMinutes, raw.OnlineMinutes, t.PeakOnline, raw.PeakOnline = 0, 0, 0, 0
	from, until := ClockOnAir(f.show, asOf)
	for at, m := range f.minutes {
		if at >= from && at < until {
			t.OnlineMinutes += m.Online
			raw.OnlineMinutes += m.everybody
			t.PeakOnline, raw.PeakOnline = max(t.PeakOnline, m.Online), max(raw.PeakOnline, m.everybody)
		}
	}
	t.ClockMinutes, t.MinutesOnAir = until-from, MinutesOnAir(f.show, asOf)
	raw.ClockMinutes, raw.MinutesOnAir = t.ClockMinutes, t.MinutesOnAir
}

func values[T any](m map[live.Currency]*T) []T {
	var out []T
	for _, c := range slices.Sorted(maps.Keys(m)) {
		out = append(out, *m[c])
	}
	return out
}

// Tidy brings figures into their one form, so that figures of different origin
// can be compared: rows sorted, rows in which nothing was counted left out, empty
// lists nil. Whoever makes figures calls it last.
func (f *Figures) Tidy() {
	f.Money = kept(f.Money, func(m *Money) bool { return *m != Money{Currency: m.Currency} },
		func(a, b Money) int { return cmp.Compare(a.Currency, b.Currency) })
	for i := range f.Minutes {
		f.Minutes[i].Money = kept(f.Minutes[i].Money, func(m *MinuteMoney) bool { return *m != MinuteMoney{Currency: m.Currency} },
			func(a, b MinuteMoney) int { return cmp.Compare(a.Currency, b.Currency) })
	}
	f.Minutes = kept(f.Minutes, func(m *Minute) bool {
		return m.Entered != 0 || m.Online != 0 || m.Comments != 0 || m.Likes != 0 || m.Clicks != 0 || m.Carts != 0 ||
			m.Orders != 0 || m.Paid != 0 || m.Complaints != 0 || m.Breaches != 0 || len(m.Money) > 0
	}, func(a, b Minute) int { return a.T.Compare(b.T) })
	for i := range f.Products {
		f.Products[i].Money = kept(f.Products[i].Money, func(m *ProductMoney) bool { return *m != ProductMoney{Currency: m.Currency} },
			func(a, b ProductMoney) int { return cmp.Compare(a.Currency, b.Currency) })
	}
	f.Products = kept(f.Products, func(p *Product) bool {
		return p.Title != "" || p.ExposurePV != 0 || p.ClickPV != 0 || p.CartPV != 0 || p.Pins != 0 || p.Explains != 0 || len(p.Money) > 0
	}, func(a, b Product) int { return cmp.Compare(a.Product, b.Product) })
	for i := range f.Sources {
		f.Sources[i].Money = kept(f.Sources[i].Money, func(m *SourceMoney) bool { return *m != SourceMoney{Currency: m.Currency} },
			func(a, b SourceMoney) int { return cmp.Compare(a.Currency, b.Currency) })
	}
	f.Sources = kept(f.Sources, func(s *Source) bool {
		return s.WatchPV != 0 || s.WatchUV != 0 || s.Buyers != 0 || len(s.Money) > 0
	}, func(a, b Source) int { return cmp.Compare(a.Channel, b.Channel) })
	f.Benefits.Money = kept(f.Benefits.Money, func(m *BenefitMoney) bool { return *m != BenefitMoney{Currency: m.Currency} },
		func(a, b BenefitMoney) int { return cmp.Compare(a.Currency, b.Currency) })
	f.tidyShifts()
	f.tidyCaused()
	slices.SortStableFunc(f.Commands, func(a, b Mark) int { return a.At.Compare(b.At) })
	if len(f.Commands) == 0 {
		f.Commands = nil
	}
}

func kept[T any](rows []T, counted func(*T) bool, order func(a, b T) int) []T {
	var out []T
	for i := range rows {
		if counted(&rows[i]) {
			out = append(out, rows[i])
		}
	}
	slices.SortStableFunc(out, order)
	return out
}
