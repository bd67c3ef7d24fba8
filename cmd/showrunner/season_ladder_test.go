package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"showrunner/live"
	"showrunner/live/sim"
)

// A place on the ladder and a way there, as the API tells them.
type (
	toldTouch struct {
		Class, Type, Ref string
		At               time.Time
		Show             string `json:"show_id"`
		Channel          string
		Agent            string `json:"agent_id"`
		Referrer         string `json:"referrer_id"`
	}
	toldCause struct {
		Type, Ref string
		Show      string `json:"show_id"`
	}
	toldMove struct {
		At       time.Time
		From, To string
		Cause    toldCause
		Touches  []toldTouch
	}
	toldFirst struct {
		At      time.Time
		Channel string
		Show    string `json:"show_id"`
		Agent   string `json:"agent_id"`
	}
	toldPerson struct {
		Rung     string
		First    *toldFirst `json:"first_touch"`
		Scanned  bool       `json:"joined_by_incentive"`
		Reached  []toldReached
		Channels []toldChannel
		Orders   int64 `json:"orders_valid"`
		Money    []toldMoney
		Referral struct {
			Referrer string `json:"referrer_id"`
			Brought  int64
		}
	}
	toldReached struct {
		Rung string
		At   time.Time
	}
	toldChannel struct {
		Channel string
		Touches int64
		First   time.Time `json:"first_at"`
		Last    time.Time `json:"last_at"`
	}
	toldMoney struct {
		Currency string
		Orders   int64 `json:"orders_paid"`
		Paid     int64 `json:"gmv_paid_minor"`
		Net      int64 `json:"gmv_net_minor"`
	}
)

// touchOf is what is compared of a touch. A link that binds is followed and binds
// at one instant, and either is the last touch; the names of events are chance.
func touchOf(m sim.Met, withClass bool) toldTouch {
	t := toldTouch{Type: string(m.Kind), Ref: m.Ref, At: m.At.UTC(), Show: string(m.Show), Channel: m.Channel, Agent: m.Agent, Referrer: string(m.Referrer)}
	if withClass {
		t.Class = string(m.Class)
	}
	return t.compared()
}

func (t toldTouch) compared() toldTouch {
	t.At = t.At.UTC()
	switch {
	case t.Class == string(live.TouchReferral):
		t.Type, t.Channel = "", ""
	case slices.Contains([]string{"partner_applied", "partner_approved", "partner_suspended"}, t.Type):
		t.Ref = ""
	}
	return t
}

// people compares everybody: where they stand, every move with its cause and what
// helped, what they met and when, their first touch, money and who brought them.
func (c *seasonCheck) people() {
	c.t.Helper()
	for who := range c.Persons {
		climb := c.Climb(who)
		if len(climb.Met) == 0 {
			continue
		}
		var moves []toldMove
		var met []toldTouch
		for _, s := range climb.Steps {
			m := toldMove{At: s.At.UTC(), From: string(s.From), To: string(s.To), Cause: toldCause{string(s.Kind), s.Ref, string(s.Show)}}
			for _, h := range s.Touches {
				m.Touches = append(m.Touches, touchOf(h, true))
			}
			moves = append(moves, m)
		}
		for _, m := range climb.Met {
			met = append(met, touchOf(m, true))
		}
		type way struct {
			Moves []toldMove
			Met   []toldTouch
		}
		order := func(w way) way {
			slices.SortFunc(w.Moves, func(a, b toldMove) int { return a.At.Compare(b.At) })
			slices.SortFunc(w.Met, func(a, b toldTouch) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			return w
		}
		name := string(c.Login(who))
		c.answers("the way of "+name, order(way{moves, met}), func() any { return order(c.journey(name)) })
		c.answers(name, c.profile(who, &climb), func() any {
			var p toldPerson
			c.get("/v1/people/"+name, &p)
			for i := range p.Reached {
				p.Reached[i].At = p.Reached[i].At.UTC()
			}
			for i := range p.Channels {
				p.Channels[i].First, p.Channels[i].Last = p.Channels[i].First.UTC(), p.Channels[i].Last.UTC()
			}
			if p.First != nil {
				p.First.At = p.First.At.UTC()
			}
			return p
		})
	}
}

// journey is the way of a person page by page.
func (c *seasonCheck) journey(name string) (w struct {
	Moves []toldMove
	Met   []toldTouch
},
) {
	c.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				At    time.Time
				Touch *toldTouch
				Move  *toldMove
			}
			Next string `json:"next_cursor"`
		}
		path := "/v1/people/" + name + "/journey?limit=50"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		c.get(path, &page)
		for _, i := range page.Items {
			switch {
			case i.Touch != nil:
				i.Touch.At = i.At
				w.Met = append(w.Met, i.Touch.compared())
			case i.Move != nil:
				i.Move.At = i.At.UTC()
				if strings.HasPrefix(i.Move.Cause.Type, "partner_") {
					i.Move.Cause.Ref = ""
				}
				for n := range i.Move.Touches {
					i.Move.Touches[n] = i.Move.Touches[n].compared()
				}
				if len(i.Move.Touches) == 0 {
					i.Move.Touches = nil
				}
				w.Moves = append(w.Moves, *i.Move)
			}
		}
		if cursor = page.Next; cursor == "" {
			return w
		}
	}
}

// profile is a person as they are.
func (c *seasonCheck) profile(who int, climb *sim.Climb) (p toldPerson) {
	if n := len(climb.Steps); n > 0 {
		p.Rung = string(climb.Steps[n-1].To)
	}
	p.First = &toldFirst{climb.FirstAt.UTC(), climb.Channel, string(climb.Show), climb.Agent}
	p.Scanned, p.Reached, p.Channels = climb.Incentive, []toldReached{}, []toldChannel{}
	for level, at := range climb.Reached {
		if !at.IsZero() {
			p.Reached = append(p.Reached, toldReached{string(live.Rungs[level]), at.UTC()})
		}
	}
	for _, m := range climb.Met {
		if m.Channel == "" {
			continue
		}
		i := slices.IndexFunc(p.Channels, func(x toldChannel) bool { return x.Channel == m.Channel })
		if i < 0 {
			i = len(p.Channels)
			p.Channels = append(p.Channels, toldChannel{Channel: m.Channel, First: m.At.UTC()})
		}
		p.Channels[i].Touches++
		p.Channels[i].Last = m.At.UTC()
	}
	own := toldMoney{Currency: "CNY"}
	for _, o := range c.Orders() {
		if o.Who != who || o.Paid == 0 {
			continue
		}
		own.Orders++
		own.Paid += o.Paid
		own.Net += o.Net
		if o.Holds {
			p.Orders++
		}
	}
	if own.Orders > 0 {
		p.Money = []toldMoney{own}
	}
	if up := c.Upline(who, c.End()); up >= 0 {
		p.Referral.Referrer = string(c.Login(up))
	}
	for other := range c.Persons {
		if c.Upline(other, c.End()) == who {
			p.Referral.Brought++
		}
	}
	return p
}

// ladder compares how everybody stands and moves.
func (c *seasonCheck) ladder() {
	c.t.Helper()
	type help = map[string]int64
	type step struct {
		From, To    string
		Rate        struct{ Numerator, Denominator int64 }
		Held, Open  int64
		Median, P90 time.Duration
	}
	type cohort struct {
		People int64
		Steps  []step
	}
	type ladder struct {
		Rungs, Moves     map[string]int64
		Up, Down         int64
		Class, Show, Who help
		Cohorts          map[string]cohort
	}
	for by, key := range map[string]func(*sim.Climb) string{
		"none": func(*sim.Climb) string { return "" }, "show": func(x *sim.Climb) string { return string(x.Show) },
		"channel": func(x *sim.Climb) string { return x.Channel }, "agent": func(x *sim.Climb) string { return x.Agent },
	} {
		want := ladder{Rungs: map[string]int64{}, Moves: help{}, Class: help{}, Show: help{}, Who: help{}, Cohorts: map[string]cohort{}}
		for _, r := range live.Rungs {
			want.Rungs[string(r)] = 0
		}
		for who := range c.Persons {
			climb := c.Climb(who)
			for i, s := range climb.Steps {
				want.Moves[string(s.From)+">"+string(s.To)]++
				if i == len(climb.Steps)-1 && s.To != live.RungNone {
					want.Rungs[string(s.To)]++
				}
				if s.To.Level() < s.From.Level() {
					want.Down++
					continue
				}
				want.Up++
				class, show, agent := "", string(s.Show), ""
				for n, h := range s.Touches {
					if n == 0 {
						class = string(h.Class)
					}
					if show == "" && h.Class == live.TouchShow {
						show = string(h.Show)
					}
					if agent == "" {
						agent = h.Agent
					}
				}
				want.Class[class+">"+string(s.To)]++
				want.Show[show+">"+string(s.To)]++
				want.Who[agent+">"+string(s.To)]++
			}
		}
		for k, a := range c.Ascents(key, 20*24*time.Hour, c.clock.now()) {
			row := cohort{People: a.People}
			for _, s := range a.Steps {
				x := step{From: string(s.From), To: string(s.To), Held: s.Held, Open: s.Open, Median: s.Median, P90: s.P90}
				x.Rate.Numerator, x.Rate.Denominator = s.Reached, s.Entered
				row.Steps = append(row.Steps, x)
			}
			want.Cohorts[k] = row
		}
		c.answers("the ladder by "+by, want, func() any {
			type helped struct {
				Key, To string
				Moves   int64
			}
			var told struct {
				Rungs []struct {
					Rung   string
					People int64
				}
				Moves []struct {
					From, To string
					Moves    int64
				}
				Up     int64 `json:"moves_up"`
				Down   int64 `json:"demotions"`
				Helped struct {
					Class []helped `json:"by_class"`
					Show  []helped `json:"by_show"`
					Agent []helped `json:"by_agent"`
				}
				Cohorts []struct {
					Key    string
					People int64
					Steps  []struct {
						From, To   string
						Rate       struct{ Numerator, Denominator int64 }
						Held, Open int64
						Median     int64 `json:"median_ms"`
						P90        int64 `json:"p90_ms"`
					}
				}
			}
			c.get("/v1/ladder?within_days=20&by="+by+"&"+c.span(), &told)
			got := ladder{Rungs: map[string]int64{}, Moves: help{}, Class: help{}, Show: help{}, Who: help{}, Up: told.Up, Down: told.Down, Cohorts: map[string]cohort{}}
			for _, r := range told.Rungs {
				got.Rungs[r.Rung] = r.People
			}
			for _, m := range told.Moves {
				got.Moves[m.From+">"+m.To] = m.Moves
			}
			for of, list := range map[*help][]helped{&got.Class: told.Helped.Class, &got.Show: told.Helped.Show, &got.Who: told.Helped.Agent} {
				for _, h := range list {
					(*of)[h.Key+">"+h.To] = h.Moves
				}
			}
			for _, k := range told.Cohorts {
				row := cohort{People: k.People}
				for _, s := range k.Steps {
					row.Steps = append(row.Steps, step{s.From, s.To, s.Rate, s.Held, s.Open, time.Duration(s.Median) * time.Millisecond, time.Duration(s.P90) * time.Millisecond})
				}
				got.Cohorts[k.Key] = row
			}
			return got
		})
	}
}
