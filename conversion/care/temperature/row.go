package temperature

import (
	"cmp"
	"slices"
	"time"

	"showrunner/conversion"
)

// By is what rows are of.
type By string

// What rows are of.
const (
	ByPerson   By = "person"
	ByAgent    By = "agent" // who touched, and who served or was to serve
	ByGroup    By = "group" // touches of the group as a whole, and its sessions
	ByMerchant By = "merchant"
)

// Order is which rows come first; equal ones by their key.
type Order string

// Orders of rows.
const (
	ByBoth  Order = ""      // the most over-served touches and unmet needs together
	ByOver  Order = "over"  // the most over-served touches; who has none is left out
	ByUnmet Order = "unmet" // the most unmet needs; who has none is left out
)

// Cap is a cap of the guard that touches are held against afterwards, those that
// nobody asked the guard about among them.
type Cap struct {
	Window  time.Duration
	AtMost  int64
	Each    bool   // channel by itself
	Channel string // with Each: of this one only
}

// Question asks how service felt.
type Question struct {
	conversion.Scope // its room does not restrict: people are of the whole merchant

	From, Until time.Time // of touches and needs
	By          By
	Key         string // of this one only; empty: all
	Answer      time.Duration
	SLA         time.Duration
	Caps        []Cap
	Order       Order
	Limit       int // 0: all
}

// Row is what is counted of one. A touch or need is judged once its time for an
// answer is over; before that it is in Sent or Asked alone.
type Row struct {
	Key string
	// Sent are the proactive touches of the range, Asked the inbound needs.
	Sent, Asked int64
	// Touches are those that are judged; Unanswered of them had no reply, click or
	// order in time, Negative were followed by negative feedback in time, Above were
	// more than the caps allow, and Over were unanswered and one of the other two.
	Touches, Unanswered, Negative, Above, Over int64
	// Needs are those that are judged, Unmet of them had no human answer in time, and
	// Late of those got one since.
	Needs, Unmet, Late int64
}

// Base, Least and Most bound the degrees; between Cool and Warm is the target.
const (
	Base  = 37.0
	Least = 35.0
	Most  = 39.0
	Cool  = 36.5
	Warm  = 37.5
)

// Degrees are 37 + alpha x over/touches - beta x unmet/needs, from 35 to 39. A part
// of which there was nothing adds nothing. false: touches and needs together are
// fewer than least, too few to say.
func (r *Row) Degrees(alpha, beta float64, least int64) (float64, bool) {
	if r.Touches+r.Needs < max(least, 1) {
		return 0, false
	}
	d := Base + alpha*share(r.Over, r.Touches) - beta*share(r.Unmet, r.Needs)
	return min(max(d, Least), Most), true
}

// Feels is the word for degrees that there are, or are not.
func Feels(degrees float64, enough bool) string {
	switch {
	case !enough:
		return "too_few"
	case degrees < Cool:
		return "cold"
	case degrees > Warm:
		return "hot"
	}
	return "right"
}

func share(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// add adds what another row counts.
func (r *Row) add(o *Row) {
	r.Sent, r.Asked = r.Sent+o.Sent, r.Asked+o.Asked
	r.Touches, r.Unanswered, r.Negative, r.Above, r.Over = r.Touches+o.Touches, r.Unanswered+o.Unanswered, r.Negative+o.Negative, r.Above+o.Above, r.Over+o.Over
	r.Needs, r.Unmet, r.Late = r.Needs+o.Needs, r.Unmet+o.Unmet, r.Late+o.Late
}

// sorted orders and cuts rows as the question asks.
func (q *Question) sorted(rows []Row) []Row {
	weight := func(r *Row) int64 { return r.Over + r.Unmet }
	switch q.Order {
	case ByOver:
		weight = func(r *Row) int64 { return r.Over }
	case ByUnmet:
		weight = func(r *Row) int64 { return r.Unmet }
	case ByBoth:
	}
	if q.Order != ByBoth {
		rows = slices.DeleteFunc(rows, func(r Row) bool { return weight(&r) == 0 })
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Or(cmp.Compare(weight(&b), weight(&a)), cmp.Compare(a.Key, b.Key)) })
	if q.Limit > 0 && len(rows) > q.Limit {
		rows = rows[:q.Limit]
	}
	return rows
}

// Longest is how far back from a touch its caps look.
func (q *Question) Longest() (d time.Duration) {
	for _, c := range q.Caps {
		d = max(d, c.Window)
	}
	return d
}
