package analytics

import (
	"strconv"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/temperature"
)

// Felt is how service of the merchant felt from the start of a show until the
// answer hours after it were over.
type Felt struct {
	From, Until time.Time
	Row         temperature.Row
	Alpha, Beta float64 // of the rules as of the report
	LeastToSay  int64
	Asked       bool // false: a rehearsal, or it has not begun
}

// FeltHours are the hours after a show in which touches and needs still count as
// around it.
const FeltHours = 72

// ServedTable shows the service sessions of a show: all of them, then by entry and
// by agent.
func ServedTable(list []conversion.Served) Table {
	t := Table{Columns: []Column{
		{Key: "by", ZH: "维度", EN: "by", Unit: UnitText, Formula: "empty: all sessions of the show; entry; agent: who was given the session last"},
		{Key: "key", ZH: "对象", EN: "key", Unit: UnitText},
		defined("service_sessions"), defined("bot_only_rate"), defined("bot_handover_rate"), defined("reply_rate"), defined("first_response_time"), defined("sla_breach_rate"),
		defined("resolution_breaches"), defined("resolved_rate"), defined("resolution_time"), defined("csat"), defined("csat_participation"),
	}}
	for i := range list {
		s := &list[i]
		t.Rows = append(t.Rows, []Cell{
			textCell(s.By), textCell(s.Key),
			numCell(s.Sessions), rateCell(s.BotOnly, s.Viewer), rateCell(s.HandedOver, s.WithBot), rateCell(s.Replied, s.Asked), rateCell(s.ReplyMS, s.Replied), rateCell(s.Late, s.Asked),
			numCell(s.Overdue), rateCell(s.Resolved, s.Closed), rateCell(s.ResolveMS, s.Closed), rateCell(s.Good, s.Rated), rateCell(s.Rated, s.RateAsked),
		})
	}
	return t
}

// FeltTable shows the temperature around a show with both of its parts; it has no
// row if nobody was touched and nobody asked.
func FeltTable(f *Felt) Table {
	degrees := defined("temperature")
	degrees.Unit = UnitText // Two places are enough for people, and cells hold whole numbers.
	t := Table{Columns: []Column{
		{Key: "from", ZH: "起", EN: "from", Unit: UnitTime, Formula: "the start of the show"},
		{Key: "to", ZH: "止", EN: "to", Unit: UnitTime, Formula: "72 hours after its end, or the instant of the report while that is earlier"},
		degrees,
		{Key: "feels", ZH: "体感", EN: "feels", Unit: UnitText, Formula: "right from 36.5 to 37.5, cold below, hot above; too_few: too few touches and needs to say"},
		defined("over_service_rate"), defined("unmet_need_rate"), defined("proactive_share"), defined("unanswered_rate"), defined("negative_rate"), defined("above_cap_rate"), defined("late_answer_rate"),
	}}
	r := &f.Row
	if !f.Asked || r.Sent+r.Asked == 0 {
		return t
	}
	d, ok := r.Degrees(f.Alpha, f.Beta, f.LeastToSay)
	text := ""
	if ok {
		text = strconv.FormatFloat(d, 'f', 2, 64)
	}
	t.Rows = [][]Cell{{
		textCell(Stamp(f.From)), textCell(Stamp(f.Until)), textCell(text), textCell(temperature.Feels(d, ok)),
		rateCell(r.Over, r.Touches), rateCell(r.Unmet, r.Needs), rateCell(r.Sent, r.Sent+r.Asked), rateCell(r.Unanswered, r.Touches), rateCell(r.Negative, r.Touches), rateCell(r.Above, r.Touches),
		rateCell(r.Late, r.Unmet),
	}}
	return t
}
