package api

import (
	"context"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/guard"
	"showrunner/conversion/care/temperature"
	"showrunner/live"
)

const temperatureTag = "Temperature"

// Temperature is how service felt, with the two parts it is made of.
type Temperature struct {
	Key        string   `json:"key" doc:"The person, agent or group; empty for the merchant, and for touches and needs of no agent."`
	Degrees    *float64 `json:"temperature" nullable:"true" doc:"37 + alpha x over_service_rate - beta x unmet_need_rate, from 35 to 39; null: too few touches and needs to say."`
	Feels      string   `json:"feels" enum:"cold,right,hot,too_few" doc:"right is from 36.5 to 37.5."`
	Over       Rate     `json:"over_service_rate" doc:"过剩服务率: too hot."`
	Unmet      Rate     `json:"unmet_need_rate" doc:"未满足率: too cold."`
	Proactive  Rate     `json:"proactive_share" doc:"主动触达占比: also of those that are not judged yet."`
	Unanswered Rate     `json:"unanswered_rate" doc:"Touches without a reply, click or order in time."`
	Negative   Rate     `json:"negative_rate" doc:"Touches followed by negative feedback in time."`
	Above      Rate     `json:"above_cap_rate" doc:"Touches that were more than the caps allow."`
	Late       Rate     `json:"late_rate" doc:"Unmet needs that got an answer since."`
}

// TemperatureBoard is the answer of GET /v1/temperature.
type TemperatureBoard struct {
	Span
	By      string        `json:"by"`
	Scale   guard.Scale   `json:"scale" doc:"Of the rules: how the number is made, and how few are too few."`
	Version int64         `json:"rule_version"`
	All     Temperature   `json:"all" doc:"Of the whole merchant, over persons; an agent is shown their own."`
	Silent  SilentShare   `json:"silent" doc:"Who went quiet, beside the cold side and in no number of it; an agent's own people."`
	Items   []Temperature `json:"items" doc:"Most over-served touches and unmet needs first."`
}

// ServiceList is who was served too much, or not at all, each with what to do.
type ServiceList struct {
	Span
	Version int64         `json:"rule_version"`
	Items   []ServiceItem `json:"items"`
}

// ServiceItem is one person of a list.
type ServiceItem struct {
	PersonID    string          `json:"person_id"`
	Felt        Temperature     `json:"felt"`
	PausedUntil *Time           `json:"paused_until,omitempty" doc:"Touches of them are kept back already."`
	Actions     []ServiceAction `json:"actions"`
}

// ServiceAction is a request that does something about it.
type ServiceAction struct {
	Action string         `json:"action" enum:"pause_touches,assign_followup"`
	Method string         `json:"method" enum:"POST"`
	Path   string         `json:"path"`
	Body   map[string]any `json:"body" doc:"To be completed where a member is null."`
}

type (
	temperatureOutput struct{ Body TemperatureBoard }
	serviceListOutput struct{ Body ServiceList }
)

// defaultFeltDays is the range of who names none.
const defaultFeltDays = 30

func (a *API) temperatures() {
	read := []live.Action{live.ActTouchRead}
	add(a, Route{
		ID: "get-temperature", Method: "GET", Path: "/v1/temperature", Tag: temperatureTag, Summary: "Read how service feels, with both of its parts",
		Text: "By person, agent or group. A touch or need is judged once its time for an answer is over; until then it is only in proactive_share. Touches are held against the caps of the rules of now, " +
			"those that nobody asked the guard about too. An agent sees their own.",
		Actions: read,
	}, a.getTemperature)
	add(a, Route{
		ID: "list-over-served", Method: "GET", Path: "/v1/temperature/over-served", Tag: temperatureTag, Summary: "List persons who are touched too much, with what to do",
		Text: "Each row offers to pause touches of the person, which the guard enforces.", Actions: []live.Action{live.ActTouchPause, live.ActAudit},
	}, a.listServed(temperature.ByOver))
	add(a, Route{
		ID: "list-unmet-needs", Method: "GET", Path: "/v1/temperature/unmet-needs", Tag: temperatureTag, Summary: "List persons whose needs were not met, with what to do",
		Text: "Each row offers to assign the person to an agent for a follow-up.", Actions: []live.Action{live.ActTouchPause, live.ActAudit},
	}, a.listServed(temperature.ByUnmet))
}

// FeltQuestion is a question about temperatures by the rules of a merchant.
func FeltQuestion(s conversion.Scope, from, until time.Time, r *guard.TouchRules, by temperature.By) temperature.Question {
	q := temperature.Question{
		Scope: s, From: from, Until: until, By: by,
		Answer: time.Duration(r.Temperature.AnswerHours) * time.Hour, SLA: time.Duration(r.Temperature.SLAMinutes) * time.Minute,
	}
	for _, c := range r.Caps {
		if c.Per == guard.PerMerchant || (c.Per == guard.PerGroup) != (by == temperature.ByGroup) {
			continue
		}
		q.Caps = append(q.Caps, temperature.Cap{
			Window: time.Duration(c.Hours) * time.Hour, AtMost: int64(c.AtMost), Each: c.Per == guard.PerPersonChannel, Channel: c.Channel,
		})
	}
	return q
}

// felt begins a question about temperatures.
func (a *API) felt(ctx context.Context, p live.Principal, in *RangeQuery, by temperature.By) (temperature.Question, guard.KeptRules, Span, error) {
	if _, err := ofMerchant(p, in.MerchantID); err != nil {
		return temperature.Question{}, guard.KeptRules{}, Span{}, err
	}
	if in.RoomID != "" {
		return temperature.Question{}, guard.KeptRules{}, Span{}, live.Invalid("invalid_field", "room_id", "does not apply: people are of the whole merchant")
	}
	s, from, until, span, err := a.days(ctx, p, in, defaultFeltDays)
	if err != nil {
		return temperature.Question{}, guard.KeptRules{}, span, err
	}
	k, err := a.cfg.Guard.Rules(ctx, s.Merchant)
	if err != nil {
		return temperature.Question{}, guard.KeptRules{}, span, err
	}
	return FeltQuestion(s, from, until, &k.Rules, by), k, span, nil
}

func (a *API) getTemperature(ctx context.Context, p live.Principal, in *struct {
	RangeQuery
	By    string `query:"by" enum:"person,agent,group" default:"agent"`
	Key   string `query:"key" maxLength:"128" doc:"Of this person, agent or group only."`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
},
) (*temperatureOutput, error) {
	q, k, span, err := a.felt(ctx, p, &in.RangeQuery, temperature.By(in.By))
	if err != nil {
		return nil, err
	}
	if in.Format != "json" {
		return nil, live.Invalid("invalid_field", "format", "must be json")
	}
	out := TemperatureBoard{Span: span, By: in.By, Scale: k.Rules.Temperature, Version: k.Version, Items: []Temperature{}}
	all := FeltQuestion(q.Scope, q.From, q.Until, &k.Rules, temperature.ByMerchant)
	q.Key, q.Limit = in.Key, in.Limit
	if own := mine(p); own != "" {
		if in.By != "agent" || in.Key != "" && in.Key != own {
			return nil, live.Forbidden("not_yourself", "an agent reads their own temperature alone: by agent")
		}
		q.Key = own
		all.By, all.Key = temperature.ByAgent, own
	}
	rows, err := a.cfg.Care.Temperatures(ctx, all)
	if err != nil {
		return nil, err
	}
	rows = append(rows, temperature.Row{})
	out.All = temperatureOf(&rows[0], &k.Rules.Temperature, k.Rules.Temperature.Least)
	if out.Silent, err = a.silentShare(ctx, p, q.Scope, q.From, q.Until); err != nil {
		return nil, err
	}
	if rows, err = a.cfg.Care.Temperatures(ctx, q); err != nil {
		return nil, err
	}
	least := k.Rules.Temperature.Least
	if in.By == "person" {
		least = k.Rules.Temperature.LeastPerson
	}
	for i := range rows {
		out.Items = append(out.Items, temperatureOf(&rows[i], &k.Rules.Temperature, least))
	}
	return &temperatureOutput{out}, nil
}

func temperatureOf(r *temperature.Row, s *guard.Scale, least int64) Temperature {
	out := Temperature{
		Key: r.Key, Over: fraction(r.Over, r.Touches), Unmet: fraction(r.Unmet, r.Needs), Proactive: fraction(r.Sent, r.Sent+r.Asked),
		Unanswered: fraction(r.Unanswered, r.Touches), Negative: fraction(r.Negative, r.Touches), Above: fraction(r.Above, r.Touches), Late: fraction(r.Late, r.Unmet),
	}
	d, ok := r.Degrees(s.Alpha, s.Beta, least)
	if out.Feels = temperature.Feels(d, ok); ok {
		out.Degrees = &d
	}
	return out
}

// pauseDays is what the lists propose.
const pauseDays = 14

func (a *API) listServed(order temperature.Order) func(context.Context, live.Principal, *servedInput) (*serviceListOutput, error) {
	return func(ctx context.Context, p live.Principal, in *servedInput) (*serviceListOutput, error) {
		q, k, span, err := a.felt(ctx, p, &in.RangeQuery, temperature.ByPerson)
		if err != nil {
			return nil, err
		}
		if in.Format != "json" {
			return nil, live.Invalid("invalid_field", "format", "must be json")
		}
		q.Order, q.Limit = order, in.Limit
		rows, err := a.cfg.Care.Temperatures(ctx, q)
		if err != nil {
			return nil, err
		}
		people := make([]live.PersonID, len(rows))
		for i := range rows {
			people[i] = live.PersonID(rows[i].Key)
		}
		paused, err := a.cfg.Guard.Paused(ctx, q.Merchant, people, a.cfg.Now())
		if err != nil {
			return nil, err
		}
		out := ServiceList{Span: span, Version: k.Version, Items: []ServiceItem{}}
		for i := range rows {
			item := ServiceItem{PersonID: rows[i].Key, Felt: temperatureOf(&rows[i], &k.Rules.Temperature, k.Rules.Temperature.LeastPerson), PausedUntil: timeOf(paused[people[i]])}
			act := ServiceAction{"pause_touches", "POST", "/v1/service/pauses", map[string]any{"person_id": rows[i].Key, "days": pauseDays, "reason": "over-served"}}
			if order == temperature.ByUnmet {
				act = ServiceAction{"assign_followup", "POST", "/v1/service/followups", map[string]any{"person_id": rows[i].Key, "agent_id": nil, "note": "unmet need"}}
			}
			item.Actions = []ServiceAction{act}
			out.Items = append(out.Items, item)
		}
		return &serviceListOutput{out}, nil
	}
}

// servedInput is the query of the lists.
type servedInput struct {
	RangeQuery
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
}
