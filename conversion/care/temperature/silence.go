package temperature

import (
	"cmp"
	"slices"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// SilenceQuestion asks who went silent after a show: not satisfied, for all that
// anybody knows, but gone quiet.
type SilenceQuestion struct {
	conversion.Scope // its room does not restrict: people are of the whole merchant

	Show        live.ShowID // reached by this show; empty: by any, or by none
	From, Until time.Time   // when they were reached; both zero: whenever
	// Days is how many calendar days of the zone without contact are silence.
	Days   int
	People []live.PersonID // of these persons only, under any of their names; nil: of all
	Limit  int             // 0: all; below: none, counts alone
}

// RhythmDays are the fewest days with contact that make a rhythm: two gaps.
const RhythmDays = 3

// Silent is one customer and what shows that they are silent.
type Silent struct {
	Person live.PersonID
	// Reached is when the show first reached them: their first order of it that
	// holds, or the first proactive touch for it.
	Reached time.Time
	// Last and LastKind are their last contact of any kind.
	Last     time.Time
	LastKind live.Kind
	// Days are the days since the later of Reached and Last; Rhythm are the days
	// between their days of contact before, of which it is the median, the longer of
	// two middle ones; Seen is how many such days there were.
	Days, Rhythm, Seen int
	Orders, Touches    int64            // that reached them; orders that hold alone
	Products           []live.ProductID // of those orders, by name
}

// Silence are those who are silent, the longest first, among how many.
type Silence struct {
	Customers int64 // whom the show reached
	// Judged are the customers with a rhythm who were reached so many days ago or more.
	Judged int64
	Silent int64 // of Judged
	Items  []Silent
}

// judge fills in what follows from the days of contact, ascending and each once,
// and reports whether somebody can be judged, and whether they are silent.
func (q *SilenceQuestion) judge(s *Silent, contact []conversion.Day) (judged, silent bool) {
	today := q.Today()
	from := conversion.DayOf(s.Reached, q.Zone)
	if n := len(contact); n > 0 {
		from = max(from, contact[n-1])
	}
	s.Days, s.Seen = int(today-from), len(contact)
	if len(contact) < RhythmDays {
		return false, false
	}
	gaps := make([]int, len(contact)-1)
	for i := range gaps {
		gaps[i] = int(contact[i+1] - contact[i])
	}
	slices.Sort(gaps)
	s.Rhythm = gaps[len(gaps)/2]
	judged = int(today-conversion.DayOf(s.Reached, q.Zone)) >= q.Days
	return judged, judged && s.Days >= q.Days && s.Rhythm < s.Days
}

// bought is what one order adds up to.
type bought struct {
	paid, cancelled, minor, back int64 // minor units of the order's one currency

	products map[live.ProductID]int64 // units that are paid
	at       time.Time                // of the payment
}

type boughtKey struct {
	order    live.OrderID
	person   live.PersonID
	currency live.Currency
	show     live.ShowID
}

// Silence answers the question.
func (h *History) Silence(q SilenceQuestion) Silence {
	names := conversion.Names(h.merges)
	who := func(p live.PersonID) live.PersonID { return cmp.Or(names[p], p) }
	in := func(show live.ShowID, at time.Time) bool {
		return (q.Show == "" || show == q.Show) && (q.From.IsZero() || !at.Before(q.From)) && (q.Until.IsZero() || at.Before(q.Until))
	}
	reached := map[live.PersonID]*Silent{}
	reach := func(p live.PersonID, at time.Time) *Silent {
		s := reached[p]
		if s == nil {
			s = &Silent{Person: p, Reached: at}
			reached[p] = s
		}
		if at.Before(s.Reached) {
			s.Reached = at
		}
		return s
	}
	for p, touches := range h.counted(ByPerson, func(f *fact) bool { return proactive(f, ByPerson) }) {
		for _, t := range touches {
			if in(t.Show, t.at) {
				reach(live.PersonID(p), t.at).Touches++
			}
		}
	}
	for k, b := range h.orders {
		if b.paid <= 0 || b.cancelled > 0 || b.minor > 0 && b.back >= b.minor || !in(k.show, b.at) {
			continue
		}
		s := reach(who(k.person), b.at)
		s.Orders++
		for p, units := range b.products {
			if units > 0 && !slices.Contains(s.Products, p) {
				s.Products = append(s.Products, p)
			}
		}
	}
	contacts := h.counted(ByPerson, func(f *fact) bool { return AnswerOf(&f.Event) })
	people := make([]live.PersonID, len(q.People))
	for i, p := range q.People {
		people[i] = who(p)
	}
	var out Silence
	for p, s := range reached {
		if q.People != nil && !slices.Contains(people, p) {
			continue
		}
		out.Customers++
		facts := contacts[string(p)]
		slices.SortFunc(facts, func(a, b *fact) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.pos.Offset(), b.pos.Offset())) })
		var days []conversion.Day
		for _, f := range facts {
			days = append(days, conversion.DayOf(f.at, q.Zone))
			s.Last, s.LastKind = f.at.UTC(), f.Kind
		}
		s.Reached = s.Reached.UTC()
		slices.Sort(s.Products)
		judged, silent := q.judge(s, slices.Compact(days))
		out.Judged, out.Silent = out.Judged+one(judged), out.Silent+one(silent)
		if silent {
			out.Items = append(out.Items, *s)
		}
	}
	slices.SortFunc(out.Items, func(a, b Silent) int {
		return cmp.Or(cmp.Compare(b.Days, a.Days), cmp.Compare(a.Person, b.Person))
	})
	if q.Limit != 0 {
		out.Items = out.Items[:min(max(q.Limit, 0), len(out.Items))]
	}
	return out
}

// addDeltas adds what a fact did to an order.
func (h *History) addDeltas(e *live.Event) error {
	deltas, err := live.DecodeDeltas(e.Data)
	if err != nil {
		return err
	}
	for i := range deltas {
		d := &deltas[i]
		if d.Person == "" {
			continue
		}
		k := boughtKey{d.Order, d.Person, d.Currency, d.Show}
		b := h.orders[k]
		if b == nil {
			b = &bought{products: map[live.ProductID]int64{}}
			h.orders[k] = b
		}
		b.paid, b.cancelled, b.minor, b.back = b.paid+d.Paid, b.cancelled+d.Cancelled, b.minor+d.PaidMinor, b.back+d.RefundGoods+d.RefundShip
		if d.Product != "" {
			b.products[d.Product] += d.UnitsPaid
		}
		if d.Paid > 0 {
			b.at = d.PaidAt.UTC().Truncate(time.Millisecond)
		}
	}
	return nil
}
