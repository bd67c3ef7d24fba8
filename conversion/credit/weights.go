package credit

import (
	"context"
	"errors"
	"time"

	"showrunner/conversion"
	"showrunner/live"
	"showrunner/live/store"
)

// credit divides one order by the touches of its buyer.
func (t *Tracker) credit(o *live.CreditedOrder, touches []conversion.Touchpoint, titles map[live.ShowID]live.Show) *live.OrderCredit {
	j := conversion.Journey{Order: o.Order, Person: o.Person, Show: o.Show, At: o.PaidAt, Currency: o.Currency, Value: o.Value, Touches: touches}
	admitted, weights := t.cfg.Model.Weigh(&j)
	c := &live.OrderCredit{
		Order: o.Order, Model: t.cfg.ModelName, Ver: t.cfg.ModelVersion, Window: t.cfg.Window, Rules: t.cfg.Rules.Version,
	}
	var earning []int
	for i := range admitted {
		if weights[i] > 0 {
			earning = append(earning, i)
		}
	}
	if over := len(earning) - live.MaxCreditTouches; over > 0 {
		c.LeftOut, earning = int64(over), earning[over:]
	}
	at := map[live.CreditPart]int{}
	for _, i := range earning {
		part := partOf(&admitted[i], o.Show, titles)
		n, ok := at[part]
		if !ok {
			n = len(c.Parts)
			at[part] = n
			c.Parts = append(c.Parts, part)
		}
		c.Of, c.Weights = append(c.Of, n), append(c.Weights, weights[i])
	}
	return c
}

// partOf is to whom a touch belongs. What is called by a name is shown by it.
func partOf(x *conversion.Touchpoint, own live.ShowID, titles map[live.ShowID]live.Show) live.CreditPart {
	p := live.CreditPart{
		Stage: x.Stage, Channel: x.Channel, Flow: string(conversion.FlowOf(x.Channel)), Campaign: x.Campaign, Show: x.Show, Host: x.Host,
		Agent: x.Agent, AgentName: x.AgentName, Group: x.Group, GroupName: x.GroupName, Entry: x.Entry, Referrer: x.Referrer,
	}
	if s, ok := titles[x.Show]; ok && x.Show != own {
		p.ShowTitle = s.Title
		if !s.StartedAt.IsZero() {
			p.ShowStartedAt = s.StartedAt.UTC().Format("2006-01-02T15:04:05.000Z")
		}
	}
	return p
}

// describe finds the hosts and the titles of the shows that touches were in.
func (t *Tracker) describe(ctx context.Context, touches map[live.PersonID][]conversion.Touchpoint) (map[live.ShowID]live.Show, error) {
	titles := map[live.ShowID]live.Show{}
	var shows []live.ShowID
	for _, list := range touches {
		for i := range list {
			id := list[i].Show
			if _, ok := titles[id]; id == "" || ok {
				continue
			}
			s, err := t.show(ctx, id)
			if err != nil {
				return nil, err
			}
			titles[id] = s
			shows = append(shows, id)
		}
	}
	shifts, err := t.cfg.Book.HostShifts(ctx, shows)
	if err != nil {
		return nil, err
	}
	of := map[live.ShowID][]store.HostShift{}
	for _, s := range shifts {
		of[s.Show] = append(of[s.Show], s)
	}
	for _, list := range touches {
		for i := range list {
			if x := &list[i]; x.Host == "" {
				x.Host = onAir(of[x.Show], x.At)
			}
		}
	}
	return titles, nil
}

// onAir is whose shift it was.
func onAir(shifts []store.HostShift, at time.Time) (host string) {
	for _, s := range shifts {
		if s.From.After(at) {
			break
		}
		if host = s.Host; !s.Until.IsZero() && !s.Until.After(at) {
			host = ""
		}
	}
	return host
}

// maxTitles bounds the shows whose titles are remembered.
const maxTitles = 1000

// show looks a show up, mostly in memory; an unknown one is the zero one.
func (t *Tracker) show(ctx context.Context, id live.ShowID) (live.Show, error) {
	if s, ok := t.titles[id]; ok {
		return s, nil
	}
	s, err := t.cfg.Book.Show(ctx, id)
	if refusal, ok := errors.AsType[*live.Error](err); ok && refusal.Fault == live.FaultNotFound {
		s, err = live.Show{}, nil
	}
	if err != nil {
		return live.Show{}, err
	}
	if len(t.titles) >= maxTitles {
		clear(t.titles)
	}
	if !s.StartedAt.IsZero() { // A title may change until then.
		t.titles[id] = s
	}
	return s, nil
}
