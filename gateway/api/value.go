package api

import (
	"context"
	"slices"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/guard"
	"showrunner/conversion/care/temperature"
	"showrunner/live"
	"showrunner/live/store"
)

// ValueExchange is what a person received and gave, as far as facts say it.
type ValueExchange struct {
	PersonID string        `json:"person_id" doc:"The name that stands for them now."`
	AsOf     Time          `json:"as_of"`
	Version  int64         `json:"rule_version"`
	Received ValueReceived `json:"received"`
	Gave     ValueGave     `json:"gave"`
	Excess   ExcessService `json:"excess"`
	Target   *TargetFit    `json:"target,omitempty" doc:"Left out when the rules declare no target."`
}

// ValueReceived is what a person was given.
type ValueReceived struct {
	Answers  int64        `json:"answers" doc:"Messages of humans to them in sessions."`
	Benefits int64        `json:"benefits" doc:"Coupons that were used and not given back, shares of red packets, prizes won."`
	Care     int64        `json:"care" doc:"Follow-ups that were done."`
	Other    int64        `json:"other" doc:"Facts value_given."`
	Money    []ValueMoney `json:"money,omitempty" doc:"Of benefits and other value, by currency, never converted; only for roles that may see money."`
}

// ValueGave is what a person gave.
type ValueGave struct {
	WatchedMS int64         `json:"watched_ms" doc:"Their time: visible watch time."`
	Told      int64         `json:"told" doc:"What they told of themselves: forms, contacts, reviews, ratings, questions."`
	Orders    int64         `json:"orders_valid" doc:"Paid, and neither cancelled nor refunded in full."`
	Brought   int64         `json:"brought" doc:"People who belong to them now."`
	Other     int64         `json:"other" doc:"Facts value_received."`
	Purchases []PersonMoney `json:"purchases,omitempty" doc:"By currency; only for roles that may see money."`
	Money     []ValueMoney  `json:"money,omitempty" doc:"Of other value, by currency; only for roles that may see money."`
}

// ValueMoney is money of one currency.
type ValueMoney struct {
	Currency string `json:"currency"`
	Minor    int64  `json:"value_minor"`
}

// ExcessService tells whether somebody is touched for nothing.
type ExcessService struct {
	Touches int64 `json:"touches" doc:"Proactive ones, of all time that is kept."`
	Excess  int64 `json:"excess_touches" doc:"Whose answer hours passed without an answer, and that no paid order followed until now."`
	From    int64 `json:"excess_from" doc:"So many are an excess, by the rules."`
	Is      bool  `json:"is_excess"`
}

// TargetFit tells whether somebody is a customer meant, by the declared rule.
type TargetFit struct {
	Fits       bool              `json:"fits" doc:"Every condition that the rule names holds."`
	Conditions []TargetCondition `json:"conditions"`
}

// TargetCondition is one condition of the rule.
type TargetCondition struct {
	Condition string `json:"condition" enum:"rungs,channels,orders_at_least,net_minor_at_least,bought_within_days"`
	Holds     bool   `json:"holds"`
}

type valueOutput struct{ Body ValueExchange }

func (a *API) values() {
	add(a, Route{
		ID: "get-value", Method: "GET", Path: "/v1/people/{person_id}/value", Tag: temperatureTag, Summary: "Read what somebody received and gave",
		Text:    "In counts, and in money where it is money; currencies are never converted. With it whether they are touched for nothing, and whether they are a customer meant by the declared rule.",
		Actions: []live.Action{live.ActPeopleRead},
	}, a.getValue)
}

func (a *API) getValue(ctx context.Context, p live.Principal, in *PersonPath) (*valueOutput, error) {
	m, id, err := a.theirs(ctx, p, in)
	if err != nil {
		return nil, err
	}
	now := a.cfg.Now()
	f, err := a.cfg.Store.Profile(ctx, m, id, now)
	if err != nil {
		return nil, err
	}
	k, err := a.cfg.Guard.Rules(ctx, m)
	if err != nil {
		return nil, err
	}
	asOf := now.Add(-settleInstants).UTC().Truncate(time.Millisecond)
	deeds, err := a.cfg.Care.Deeds(ctx, conversion.Scope{Merchant: m, Zone: time.UTC, AsOf: asOf}, f.Person)
	if err != nil {
		return nil, err
	}
	x := temperature.ExchangeOf(deeds, time.Duration(k.Rules.Temperature.AnswerHours)*time.Hour, asOf)
	money := p.May(live.ActMoney)
	person := profileOf(&f, money)
	out := ValueExchange{
		PersonID: string(f.Person), AsOf: Time{asOf}, Version: k.Version,
		Received: ValueReceived{Answers: x.Answers, Benefits: x.Benefits, Care: x.Care, Other: x.Given, Money: worthOf(x.Received, money)},
		Gave: ValueGave{
			WatchedMS: x.WatchedMS, Told: x.Told, Orders: f.Valid, Brought: f.Brought, Other: x.Back, Purchases: person.Money, Money: worthOf(x.Gave, money),
		},
		Excess: ExcessService{x.Touches, x.Excess, k.Rules.Temperature.ExcessTouches, x.Excess >= k.Rules.Temperature.ExcessTouches},
	}
	if k.Rules.Target != nil {
		out.Target = fitOf(k.Rules.Target, &f, x.LastPaid, now)
	}
	return &valueOutput{out}, nil
}

func worthOf(list []temperature.Worth, money bool) (out []ValueMoney) {
	for _, w := range list {
		if money {
			out = append(out, ValueMoney{string(w.Currency), w.Minor})
		}
	}
	return out
}

// fitOf holds a person against the declared rule, condition by condition.
func fitOf(t *guard.Target, f *store.Profile, paid, now time.Time) *TargetFit {
	out := &TargetFit{Fits: true, Conditions: []TargetCondition{}}
	hold := func(name string, named, holds bool) {
		if named {
			out.Conditions = append(out.Conditions, TargetCondition{name, holds})
			out.Fits = out.Fits && holds
		}
	}
	hold("rungs", len(t.Rungs) > 0, slices.Contains(t.Rungs, string(f.Standing.Rung)))
	hold("channels", len(t.Channels) > 0, slices.Contains(t.Channels, f.Standing.Channel))
	hold("orders_at_least", t.Orders > 0, f.Valid >= t.Orders)
	hold("net_minor_at_least", t.Net > 0, slices.ContainsFunc(f.Money, func(m store.PersonMoney) bool { return string(m.Currency) == t.Currency && m.Net >= t.Net }))
	hold("bought_within_days", t.WithinDays > 0, !paid.IsZero() && now.Sub(paid) <= time.Duration(t.WithinDays)*24*time.Hour)
	return out
}
