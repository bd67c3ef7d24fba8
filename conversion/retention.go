package conversion

import (
	"cmp"
	"slices"
	"time"

	"showrunner/live"
)

// Scope is whose facts are counted and as of when.
type Scope struct {
	Merchant live.MerchantID
	Room     live.RoomID    // empty: every room
	Zone     *time.Location // whose calendar days are meant
	AsOf     time.Time      // facts received until then
}

// Today is the calendar day of AsOf, which is not over yet.
func (s *Scope) Today() Day { return DayOf(s.AsOf, s.Zone) }

// Day is a calendar day as the number of days since 1 January 1970. Days are
// counted and never hours, so that a day of 23 or 25 hours is one.
type Day int32

// DayOf is the calendar day of an instant in a zone.
func DayOf(t time.Time, zone *time.Location) Day {
	y, m, d := t.In(zone).Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// String is the day as 2006-01-02.
func (d Day) String() string { return time.Unix(int64(d)*86400, 0).UTC().Format(time.DateOnly) }

// Period is the length of the intervals in which persons come back.
type Period string

// Periods. Weeks and months roll from the day of a person's own beginning, so
// that everybody has the same time in each of them.
const (
	PeriodDay   Period = "day"
	PeriodWeek  Period = "week"  // 7 days
	PeriodMonth Period = "month" // 30 days
)

// Days is how long the period is.
func (p Period) Days() int {
	switch p {
	case PeriodWeek:
		return 7
	case PeriodMonth:
		return 30
	case PeriodDay:
	}
	return 1
}

// Start names the calendar day, week (by its Monday) or month of a beginning.
func (p Period) Start(d Day) string {
	switch p {
	case PeriodWeek:
		return (d - (d+3)%7).String()
	case PeriodMonth:
		return d.String()[:len("2006-01")]
	case PeriodDay:
	}
	return d.String()
}

// CohortBy is what persons of one cohort have in common.
type CohortBy string

// Cohorts by when a person began, or by what they began with.
const (
	ByPeriod  CohortBy = "period"
	ByShow    CohortBy = "show"    // of the first act
	ByChannel CohortBy = "channel" // of the first entry into a room
	ByAgent   CohortBy = "agent"   // the first whom the person met, see [AgentKinds]
)

// CohortAct is what begins a person's history and what brings them back.
type CohortAct string

// Acts of retention: to enter a room, or to pay an order that holds.
const (
	ActView  CohortAct = "view"
	ActOrder CohortAct = "order"
)

// ChannelUnknown is the channel of persons who never entered a room. Who entered
// without naming one has [ChannelDirect].
const ChannelUnknown = "unknown"

// AgentKinds are the facts that say which agent a person met, whether they were
// served, came into the agent's group or were touched by them in another way:
// their agent_id, or the agent who stated them.
var AgentKinds = []live.Kind{
	"contact_added", "service_session_started", "service_message_sent", "service_session_closed", "touch_sent", "followup_done",
	"group_joined", "group_message_clicked", "ad_clicked", "lead_captured", "show_reserved", "referral_clicked", "service_entry_opened",
}

// CohortQuestion asks for a table of retention.
type CohortQuestion struct {
	Scope
	By          CohortBy
	Act         CohortAct
	Period      Period
	OrAfter     bool // back in the interval or after it, instead of in it
	Periods     int  // intervals after the first
	From, Until Day  // persons who began in [From, Until)
}

// Cell is one interval of a cohort. Only persons for whom the interval is over
// are in it, so that no rate is low only because its time is not up.
type Cell struct {
	Of   int64 // persons whose interval is over
	Back int64 // of those, who acted in it, or, with OrAfter, in it or later
}

// Cohort is one row: everybody who began together. Cells are the intervals 0,
// which holds the beginning itself, to Periods.
type Cohort struct {
	Key   string
	Size  int64
	Cells []Cell
}

// CohortTable is the answer: cohorts by size, largest first, except those by
// period, which ascend; and all of them together.
type CohortTable struct {
	Cohorts []Cohort
	All     Cohort
}

// NewCohortTable puts cohorts into their one order and adds them up.
func NewCohortTable(q *CohortQuestion, cohorts []Cohort) CohortTable {
	t := CohortTable{Cohorts: cohorts, All: Cohort{Cells: make([]Cell, q.Periods+1)}}
	slices.SortFunc(t.Cohorts, func(a, b Cohort) int {
		if q.By == ByPeriod {
			return cmp.Compare(a.Key, b.Key)
		}
		return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Key, b.Key))
	})
	for _, c := range t.Cohorts {
		t.All.Size += c.Size
		for k, cell := range c.Cells {
			t.All.Cells[k].Of += cell.Of
			t.All.Cells[k].Back += cell.Back
		}
	}
	return t
}

// RateQuestion asks for the rates of return.
type RateQuestion struct {
	Scope
	From, Until Day // see [Rates]
	Days        int // N of the rates that have one
	Next        int // shows after a show in which its viewers are looked for
}

// ActiveDays is how many days, ending with day N, an arrival has for a sign of
// life. A week, as for the activity of groups; fewer when N is less.
const ActiveDays = 7

// Rates are the rates of return. Each has its numerator and its denominator;
// nobody is in a denominator whose time is not up.
type Rates struct {
	// FirstBuyers made their first valid order in the range and N days ago or
	// more; RepeatBuyers of them ordered again, on a later day, within N days.
	FirstBuyers, RepeatBuyers int64
	// Buyers have a valid order in the range, Orders are those orders.
	Buyers, Orders int64
	// OftenBuyers of the buyers ordered on two days of the range or more, and
	// RepeatOrders of the orders are of a later day than the buyer's first.
	OftenBuyers, RepeatOrders int64
	// Arrivals entered a room for the first time in the range and N days ago or
	// more. Retained are those who at the end of day N can still be reached and
	// have given a sign of life in the [ActiveDays] before.
	Arrivals, Retained int64
	// Shows are those of the range, in the order of their first entry.
	Shows []ShowReturn
}

// ShowReturn is how many viewers of a show came back.
type ShowReturn struct {
	Show    live.ShowID
	Day     Day   // of the first entry
	Viewers int64 // distinct persons who entered
	Back    int64 // of those, who entered one of the next shows
	Done    bool  // all of the next shows have been, the last of them before today
}

// SumReturns adds up the shows that are done.
func SumReturns(shows []ShowReturn) (back, viewers int64) {
	for _, s := range shows {
		if s.Done {
			back += s.Back
			viewers += s.Viewers
		}
	}
	return back, viewers
}

// BuyerQuestion asks for the buyers of one currency.
type BuyerQuestion struct {
	Scope
	Currency    live.Currency
	From, Until Day // orders paid in [From, Until)
}

// Repeater is a buyer as lifetime knows them: in whole days, orders of one day
// together.
type Repeater struct {
	Person      live.PersonID
	First, Last Day
	Repeat      int   // days with a valid order after the first
	Money       int64 // net, of those days
}
