package sim

import (
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

// Group is one cohort: how many began together, and of each interval how many
// could have come back and did.
type Group struct {
	Size  int64
	Cells [][2]int64 // back, of
}

// SeasonQuestion asks a season who comes back.
type SeasonQuestion struct {
	By      string // period, show, channel or agent
	Orders  bool   // by orders that hold; by entries otherwise
	Length  int    // days of an interval: 1, 7 or 30
	OrAfter bool   // in the interval or later
	Periods int    // after the first
}

// days are the days on which a person entered the room or paid an order that
// holds, ascending, each once, and the show of the first.
func (s *Season) days(who int, orders bool) (days []int, first live.ShowID) {
	type act struct {
		at   time.Time
		show live.ShowID
	}
	var acts []act
	if orders {
		for _, o := range s.Orders() {
			if o.Who == who && o.Holds {
				acts = append(acts, act{o.PaidAt, o.Show})
			}
		}
		slices.SortFunc(acts, func(a, b act) int { return a.at.Compare(b.at) })
	} else {
		for _, d := range s.Deeds {
			if d.Who == who && d.Kind == live.RoomEntered {
				acts = append(acts, act{d.At, d.Show})
			}
		}
	}
	for i, a := range acts {
		if i == 0 {
			first = a.show
		}
		if day := s.day(a.at); !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	return days, first
}

// beginnings are the channel of a person's first entry and their first agent.
func (s *Season) beginnings(who int) (channel, agent string) {
	channel = "unknown"
	for _, d := range s.Deeds {
		if d.Who != who {
			continue
		}
		if d.Kind == live.RoomEntered && channel == "unknown" {
			if channel = d.Channel; channel == "" {
				channel = "direct"
			}
		}
		if agent == "" {
			agent = d.Agent
		}
	}
	return channel, agent
}

// Cohorts are everybody who began in the season, by what they have in common, as
// of the day after it.
func (s *Season) Cohorts(q SeasonQuestion) map[string]Group {
	out := map[string]Group{}
	for who := range s.Persons {
		days, show := s.days(who, q.Orders)
		if len(days) == 0 {
			continue
		}
		born := days[0]
		key := ""
		switch q.By {
		case "show":
			key = string(show)
		case "channel":
			key, _ = s.beginnings(who)
		case "agent":
			_, key = s.beginnings(who)
		default:
			day := s.Begin.AddDate(0, 0, born)
			switch q.Length {
			case 7:
				for day.Weekday() != time.Monday {
					day = day.AddDate(0, 0, -1)
				}
				key = day.Format(time.DateOnly)
			case 30:
				key = fmt.Sprintf("%04d-%02d", day.Year(), day.Month())
			default:
				key = day.Format(time.DateOnly)
			}
		}
		row := out[key]
		if row.Cells == nil {
			row.Cells = make([][2]int64, q.Periods+1)
		}
		row.Size++
		for k := range row.Cells {
			from, until := born+k*q.Length, born+(k+1)*q.Length
			if until > SeasonDays {
				continue
			}
			row.Cells[k][1]++
			if slices.ContainsFunc(days, func(d int) bool { return d >= from && (d < until || q.OrAfter) }) {
				row.Cells[k][0]++
			}
		}
		out[key] = row
	}
	return out
}

// Returns are the rates of return of a season, each as numerator and denominator.
type Returns struct {
	Repeat, RepeatBuyer, RepeatOrder, Frequency, Retained, Viewers [2]int64
}

// Returns are the rates within n days and over the next shows, as of the day
// after the season.
func (s *Season) Returns(n, next int) (r Returns) {
	for who := range s.Persons {
		days, _ := s.days(who, true)
		if len(days) > 0 {
			r.RepeatBuyer[1]++
			r.Frequency[1]++
			if len(days) > 1 {
				r.RepeatBuyer[0]++
			}
			if days[0]+n < SeasonDays {
				r.Repeat[1]++
				if len(days) > 1 && days[1] <= days[0]+n {
					r.Repeat[0]++
				}
			}
		}
		for _, o := range s.Orders() {
			if o.Who != who || !o.Holds {
				continue
			}
			r.RepeatOrder[1]++
			r.Frequency[0]++
			if s.day(o.PaidAt) > days[0] {
				r.RepeatOrder[0]++
			}
		}
		came, _ := s.days(who, false)
		if len(came) > 0 && came[0]+n < SeasonDays {
			r.Retained[1]++
			if s.retained(who, came[0], came[0]+n) {
				r.Retained[0]++
			}
		}
	}
	// Shows that somebody came to, and who.
	var shows []Airing
	viewers := map[live.ShowID]map[int]bool{}
	for _, a := range s.Shows {
		for _, d := range s.Deeds {
			if d.Kind == live.RoomEntered && d.Show == a.ID {
				if viewers[a.ID] == nil {
					viewers[a.ID] = map[int]bool{}
					shows = append(shows, a)
				}
				viewers[a.ID][d.Who] = true
			}
		}
	}
	for i := 0; i+next < len(shows); i++ {
		for who := range viewers[shows[i].ID] {
			r.Viewers[1]++
			if slices.ContainsFunc(shows[i+1:i+1+next], func(a Airing) bool { return viewers[a.ID][who] }) {
				r.Viewers[0]++
			}
		}
	}
	return r
}

// retained reports whether somebody can be reached at the end of a day and has
// done something themselves in the week up to it, their first day aside.
func (s *Season) retained(who, first, end int) bool {
	ways := map[string]bool{}
	active := false
	for _, d := range s.Deeds {
		day := s.day(d.At)
		if d.Who != who || day > end {
			continue
		}
		own := d.Act == ActEnter || d.Act == ActFollow || d.Act == ActFact && !d.Told
		active = active || own && day > first && day > end-7
		switch d.Kind {
		case live.Followed:
			ways["follow"] = true
		case live.Unfollowed:
			ways["follow"] = false
		case "group_joined":
			ways[d.Ref] = true
		case "group_left":
			ways[d.Ref] = false
		case "contact_added":
			ways["contact"] = true
		case "contact_lost":
			ways["contact"] = false
		}
	}
	for _, open := range ways {
		if open {
			return active
		}
	}
	return false
}
