package analytics

import (
	"reflect"
	"time"

	"showrunner/live"
)

const (
	// MaxPeriodDays bounds a period: a quarter.
	MaxPeriodDays = 92
	// MaxPeriodShows bounds the shows of a period, all of which are counted.
	MaxPeriodShows = 200
)

// Period is some whole calendar days of a merchant.
type Period struct {
	Merchant    live.MerchantID
	Room        live.RoomID // of this room only; empty: of all
	Zone        *time.Location
	From, Until time.Time // the first instant of the first day, and of the day after the last
}

// StartOfDay is the first instant of the calendar day so many days after that of an
// instant. Where clocks go forward at midnight that is not 0:00.
func StartOfDay(at time.Time, days int, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	noon := time.Date(y, m, d+days, 12, 0, 0, 0, zone)
	y, m, d = noon.Date()
	first := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if _, _, of := first.Date(); of == d {
		// Clocks may have gone back over midnight: then the first of two is meant.
		if earlier := first.Add(-time.Hour); earlier.Day() == d {
			return earlier
		}
		return first
	}
	_, gap := first.ZoneBounds() // There is no 0:00: the day begins when the clocks change.
	return gap
}

// First is the first day of the period, as 2006-01-02.
func (p *Period) First() string { return p.From.In(p.Zone).Format(time.DateOnly) }

// Last is its last day.
func (p *Period) Last() string {
	return p.Until.Add(-time.Nanosecond).In(p.Zone).Format(time.DateOnly)
}

// Days is how many calendar days the period has. Where the clocks change, one of
// them is not of 24 hours.
func (p *Period) Days() int {
	days := 0
	for at := p.From; at.Before(p.Until); at = StartOfDay(at, 1, p.Zone) {
		days++
	}
	return days
}

// Before is the period of as many days that ends where this one begins.
func (p *Period) Before() Period {
	before := *p
	before.Until, before.From = p.From, StartOfDay(p.From, -p.Days(), p.Zone)
	return before
}

// Holds reports whether an instant is within the period.
func (p *Period) Holds(at time.Time) bool { return !at.Before(p.From) && at.Before(p.Until) }

// PeriodPart is the money of one show in one currency that moved within the period,
// or outside of it. An empty show is that of the orders of no show.
type PeriodPart struct {
	Show   live.ShowID
	Inside bool
	Money  Money // without the persons, and without what goes by the day of payment
}

// PeriodSide is what is known of a period on both axes: by when its money moved,
// and by the shows that started in it.
type PeriodSide struct {
	Period

	// Shows are those that started in the period, by their start. Others are the
	// rest of those that Parts tell of.
	Shows, Others []live.Show
	// Moved is the money that moved in the period, of whichever show and of none.
	Moved []Money
	// Started is what was counted of Shows, whenever it happened: the sum of their
	// figures, but for persons, of whom each counts once, and for the most who were
	// online, which is that of the largest show.
	Started Figures
	// Gifts is the value of gifts to Shows by their currency: platforms tell it in
	// that of the show.
	Gifts map[live.Currency]int64
	Parts []PeriodPart // by show, then by currency, what is inside first
}

// Add adds the figures of one show to those of the shows that started in the
// period. The counts of persons are wrong until [PeriodSide.SetPersons].
func (p *PeriodSide) Add(show live.Show, f *Figures) {
	to := &p.Started
	if p.Gifts == nil {
		p.Gifts = map[live.Currency]int64{}
	}
	p.Gifts[show.Currency] += f.Traffic.GiftValue
	peak := max(to.Traffic.PeakOnline, f.Traffic.PeakOnline)
	addInts(reflect.ValueOf(&to.Traffic).Elem(), reflect.ValueOf(&f.Traffic).Elem())
	to.Traffic.PeakOnline = peak
	for i := range f.Money {
		addInts(reflect.ValueOf(p.started(f.Money[i].Currency)).Elem(), reflect.ValueOf(&f.Money[i]).Elem())
	}
	addInts(reflect.ValueOf(&to.Benefits).Elem(), reflect.ValueOf(&f.Benefits).Elem())
	for i := range f.Benefits.Money {
		given := &f.Benefits.Money[i]
		at := -1
		for k := range to.Benefits.Money {
			if to.Benefits.Money[k].Currency == given.Currency {
				at = k
			}
		}
		if at < 0 {
			at = len(to.Benefits.Money)
			to.Benefits.Money = append(to.Benefits.Money, BenefitMoney{Currency: given.Currency})
		}
		addInts(reflect.ValueOf(&to.Benefits.Money[at]).Elem(), reflect.ValueOf(given).Elem())
	}
}

// started is the row of a currency, made if there is none.
func (p *PeriodSide) started(c live.Currency) *Money {
	for i := range p.Started.Money {
		if p.Started.Money[i].Currency == c {
			return &p.Started.Money[i]
		}
	}
	p.Started.Money = append(p.Started.Money, Money{Currency: c})
	return &p.Started.Money[len(p.Started.Money)-1]
}

// SetPersons sets what cannot be summed over shows: the distinct persons of each
// of [Traffic.Persons], those flagged as bots, and by currency who ordered and who
// bought.
func (p *PeriodSide) SetPersons(t *Traffic, bots int64, ordered, bought map[live.Currency]int64) {
	from := t.Persons()
	for i, n := range p.Started.Traffic.Persons() {
		*n = *from[i]
	}
	p.Started.Bots = bots
	for i := range p.Started.Money {
		m := &p.Started.Money[i]
		m.OrderUV, m.Buyers = ordered[m.Currency], bought[m.Currency]
	}
}

// Move sums the parts inside the period into [PeriodSide.Moved]; ordered and
// bought are its distinct persons by currency.
func (p *PeriodSide) Move(ordered, bought map[live.Currency]int64) {
	at := map[live.Currency]int{}
	for i := range p.Parts {
		part := &p.Parts[i]
		if !part.Inside {
			continue
		}
		c := part.Money.Currency
		if _, ok := at[c]; !ok {
			at[c] = len(p.Moved)
			p.Moved = append(p.Moved, Money{Currency: c})
		}
		addInts(reflect.ValueOf(&p.Moved[at[c]]).Elem(), reflect.ValueOf(&part.Money).Elem())
	}
	for i := range p.Moved {
		m := &p.Moved[i]
		m.OrderUV, m.Buyers = ordered[m.Currency], bought[m.Currency]
	}
}

// Persons are the counts of distinct persons: those of several shows are not
// their sum.
func (t *Traffic) Persons() []*int64 {
	return []*int64{
		&t.RoomExposureUV, &t.WatchUV, &t.WatchUV60s, &t.CommentUV, &t.LikeUV, &t.ShareUV, &t.FollowNet, &t.InteractUV, &t.ProductExposureUV, &t.ProductClickUV,
		&t.CartUV, &t.CheckoutUV, &t.GiftUV, &t.CouponClaimUV, &t.PacketUV, &t.DrawEntryUV,
	}
}

// addInts adds the numbers of one struct to those of another.
func addInts(to, from reflect.Value) {
	for i := range to.NumField() {
		switch f := to.Field(i); f.Kind() {
		case reflect.Int64:
			f.SetInt(f.Int() + from.Field(i).Int())
		case reflect.Struct:
			addInts(f, from.Field(i))
		default: // The currency, and lists by currency.
		}
	}
}
