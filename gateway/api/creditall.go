package api

import (
	"cmp"
	"context"
	"slices"

	"showrunner/analytics"
	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

// Ratio is a rate with what it is made of.
type Ratio struct {
	Numerator   int64    `json:"numerator"`
	Denominator int64    `json:"denominator"`
	Value       *float64 `json:"value" nullable:"true" doc:"Null when the denominator is 0."`
}

func ratioOf(num, den int64) Ratio {
	r := Ratio{Numerator: num, Denominator: den}
	if den != 0 {
		v := float64(num) / float64(den)
		r.Value = &v
	}
	return r
}

// MerchantAttribution is a merchant's money divided over what led to it.
type MerchantAttribution struct {
	MerchantID  string            `json:"merchant_id"`
	Model       string            `json:"model"`
	Parameters  map[string]string `json:"parameters,omitempty"`
	Version     int               `json:"version" doc:"Of the arithmetic: results of two versions are not compared."`
	Rules       string            `json:"rule_version" doc:"Of the rules by which facts are touches of a stage now."`
	RulesSeen   []string          `json:"rule_versions" doc:"Of the rules that made the touches of these orders."`
	WindowS     int64             `json:"window_s"`
	By          string            `json:"by"`
	From        Time              `json:"from"`
	To          Time              `json:"to"`
	AsOf        Time              `json:"as_of"`
	Provisional bool              `json:"provisional" doc:"Until 30 x 24 h after to: touches, refunds and persons may become known late."`
	Complete    bool              `json:"complete" doc:"Every fact received until as_of is in."`
	Additive    bool              `json:"additive" doc:"False for participation, whose credits must not be summed."`
	Totals      []MerchantTotal   `json:"totals" doc:"One for each currency."`
	Holdout     Holdout           `json:"holdout" doc:"Who was assigned to an experiment. The orders of control groups are in holdout_ of the totals and in nothing else."`
	Uncosted    int64             `json:"touches_costed_without_currency" doc:"Touches of the span that tell a cost and no currency: they are in no sum."`
}

// MerchantTotal is one currency. The credits and what is unattributed sum to the
// value exactly, for every model that is additive.
type MerchantTotal struct {
	Currency           string             `json:"currency"`
	Orders             int64              `json:"orders"`
	Value              int64              `json:"value_minor" doc:"Paid less refunds and cancellations, without the control groups."`
	Unattributed       int64              `json:"unattributed_minor"`
	UnattributedOrders int64              `json:"unattributed_orders"`
	HoldoutOrders      int64              `json:"holdout_orders"`
	HoldoutValue       int64              `json:"holdout_value_minor"`
	NewCustomers       int64              `json:"new_customers" doc:"Whose first order ever is among the orders."`
	Cost               int64              `json:"cost_minor" doc:"Of all touches of the span in this currency, whether they led to an order or not."`
	ROI                Ratio              `json:"roi" doc:"(value_minor - unattributed_minor - cost_minor) / cost_minor"`
	CAC                Ratio              `json:"cac" doc:"cost_minor / new_customers, in minor units"`
	Credits            []MerchantCredit   `json:"credits" doc:"Most money first; stages along the chain."`
	Stages             []AttributionStage `json:"stages,omitempty" doc:"What earned inside each of the four links; not by markov, shapley and participation."`
	Comparison         []ModelRow         `json:"comparison,omitempty" doc:"The models side by side, key by key; each model's values and its unattributed_minor sum to value_minor, but those of participation."`
	Unattributeds      []ModelValue       `json:"comparison_unattributed,omitempty"`
}

// MerchantCredit is what one key earned and cost.
type MerchantCredit struct {
	Key           string   `json:"key" doc:"Empty for touches that name none."`
	Minor         int64    `json:"value_minor"`
	Conversions   float64  `json:"conversions" doc:"Orders, divided as the money is."`
	Assisted      int64    `json:"assisted" doc:"Orders it touched without closing them; does not add up."`
	RemovalEffect *float64 `json:"removal_effect,omitempty" doc:"Of markov: the part of the orders that would be lost without the key."`
	NewCustomers  int64    `json:"new_customers" doc:"Whose first order it touched; does not add up."`
	Cost          int64    `json:"cost_minor"`
	ROI           Ratio    `json:"roi" doc:"(value_minor - cost_minor) / cost_minor"`
	CAC           Ratio    `json:"cac" doc:"cost_minor / new_customers, in minor units"`
}

// ModelRow is one key by every model.
type ModelRow struct {
	Key    string       `json:"key"`
	Models []ModelValue `json:"models"`
}

// ModelValue is what a model says.
type ModelValue struct {
	Model string `json:"model"`
	Minor int64  `json:"value_minor"`
}

// Holdout is who takes part in an experiment, and who of them bought.
type Holdout struct {
	Control HoldoutArm `json:"control"`
	Treated HoldoutArm `json:"treated"`
}

// HoldoutArm is one group.
type HoldoutArm struct {
	Persons int64 `json:"persons"`
	Buyers  int64 `json:"buyers" doc:"With an order in the span."`
	Rate    Ratio `json:"conversion_rate" doc:"buyers / persons"`
}

type merchantAttributionOutput struct{ Body MerchantAttribution }

func (a *API) merchantAttributions() {
	add(a, Route{
		ID: "get-merchant-attribution", Method: "GET", Path: "/v1/attribution", Tag: "Figures", Summary: "Divide a merchant's money over what led to it",
		Text: "The orders of a merchant that were first paid from `from` up to `to`, in or out of shows, without rehearsals. The credits of each currency and `unattributed_minor` sum to `value_minor` exactly. " +
			"`models` puts further models beside it. Persons in the control group of an experiment (`holdout_assigned`) are reported apart. `cost_minor` is what the touches of the span cost, by the same key: " +
			"`roi` and `cac` have numerator, denominator and value. Bounded: more than 100,000 orders or 500,000 touches are refused as 413 `too_many_journeys`, more than 2,000 keys of a chain as `too_many_keys`. " +
			"Reading it is recorded in the audit log.",
		Actions: []live.Action{live.ActReport}, errors: []int{413},
	}, a.getMerchantAttribution)
}

func (a *API) getMerchantAttribution(ctx context.Context, p live.Principal, in *creditQuery) (*merchantAttributionOutput, error) {
	s, models, err := a.span(p, in)
	if err != nil {
		return nil, err
	}
	paths, err := a.cfg.Figures.CreditPaths(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := a.audit(ctx, p, s.Merchant, "", string(live.ActReport), map[string]any{"attribution": in.Model, "by": in.By}); err != nil {
		return nil, err
	}
	all, open, err := divide(ctx, &s, &paths, models)
	if err != nil {
		return nil, err
	}
	first := all[0]
	out := MerchantAttribution{
		MerchantID: string(s.Merchant), Model: in.Model, Parameters: first.options.Params(), Version: attribution.Version, Rules: a.cfg.Rules,
		WindowS: int64(s.Window.Seconds()), By: in.By, From: Time{s.From}, To: Time{s.Until}, AsOf: Time{paths.AsOf}, Complete: paths.Complete,
		Provisional: !paths.Complete || paths.AsOf.Before(s.Until.AddDate(0, 0, analytics.FinalDays)),
		Additive:    in.Model != "participation", Totals: []MerchantTotal{}, Holdout: holdoutOf(&paths),
	}
	var stages map[live.Currency][]attribution.StageShare // of the models that divide order by order
	if m, err := attribution.New(first.options); err == nil {
		stages = attribution.Plan{Model: m, Policy: conversion.Policy{Window: s.Window}}.Stages(open, stageDimensions...)
	}
	out.RulesSeen = rulesSeen(open)
	for _, c := range paths.Costs {
		if c.Currency == "" {
			out.Uncosted += c.Touches
		}
	}
	for _, currency := range currenciesOf(&paths) {
		out.Totals = append(out.Totals, merchantTotal(currency, &s, &paths, open, all, stages))
	}
	return &merchantAttributionOutput{out}, nil
}

// currenciesOf are those of orders and of costs, ascending.
func currenciesOf(paths *CreditPaths) (out []live.Currency) {
	for i := range paths.Journeys {
		out = append(out, paths.Journeys[i].Currency)
	}
	for _, c := range paths.Costs {
		if c.Currency != "" {
			out = append(out, c.Currency)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// merchantTotal puts together one currency.
func merchantTotal(currency live.Currency, s *CreditSpan, paths *CreditPaths, open []conversion.Journey, all []divided, stages map[live.Currency][]attribution.StageShare) MerchantTotal {
	t := MerchantTotal{Currency: string(currency), Credits: []MerchantCredit{}}
	for i := range paths.Journeys {
		if j := &paths.Journeys[i]; j.Control && j.Currency == currency {
			t.HoldoutOrders++
			t.HoldoutValue += j.Value
		}
	}
	newBy := map[string]int64{}
	for i := range open {
		j := &open[i]
		if j.Currency != currency || !j.First {
			continue
		}
		t.NewCustomers++
		keys := map[string]bool{}
		for k := range j.Touches {
			keys[s.By.Of(&j.Touches[k])] = true
		}
		for k := range keys {
			newBy[k]++
		}
	}
	costs := map[string]int64{}
	for _, c := range paths.Costs {
		if c.Currency == currency {
			costs[c.Key] = c.Minor
			t.Cost += c.Minor
		}
	}
	said := map[string]bool{}
	add := func(k attribution.KeyCredit, markov bool) {
		said[k.Key] = true
		c := MerchantCredit{Key: k.Key, Minor: k.Minor, Conversions: k.Conversions, Assisted: k.Assisted, NewCustomers: newBy[k.Key], Cost: costs[k.Key]}
		if markov {
			c.RemovalEffect = &k.RemovalEffect
		}
		c.ROI, c.CAC = ratioOf(c.Minor-c.Cost, c.Cost), ratioOf(c.Cost, c.NewCustomers)
		t.Credits = append(t.Credits, c)
	}
	if credits := all[0].of(currency); credits != nil {
		t.Orders, t.Value, t.Unattributed, t.UnattributedOrders = credits.Conversions, credits.Minor, credits.UnattributedMinor, credits.UnattributedConversions
		for _, k := range credits.Keys {
			add(k, all[0].options.Model == "markov")
		}
	}
	for _, c := range paths.Costs { // What cost and earned nothing.
		if c.Currency == currency && !said[c.Key] {
			add(attribution.KeyCredit{Key: c.Key}, false)
		}
	}
	if s.By.Name == "stage" {
		slices.SortStableFunc(t.Credits, func(a, b MerchantCredit) int {
			return cmp.Compare(slices.Index(live.Stages, live.Stage(a.Key)), slices.Index(live.Stages, live.Stage(b.Key)))
		})
	}
	t.ROI, t.CAC = ratioOf(t.Value-t.Unattributed-t.Cost, t.Cost), ratioOf(t.Cost, t.NewCustomers)
	if earned, ok := stages[currency]; ok {
		t.Stages = stagesOf(earned)
	}
	if len(all) > 1 {
		t.compare(currency, all)
	}
	return t
}

func (d *divided) of(currency live.Currency) *attribution.Credits {
	for i := range d.totals {
		if d.totals[i].Currency == currency {
			return &d.totals[i].Credits
		}
	}
	return nil
}

// compare puts the models side by side, in the order of the credits.
func (t *MerchantTotal) compare(currency live.Currency, all []divided) {
	rows := map[string]map[string]int64{}
	var keys []string
	for i := range t.Credits {
		keys = append(keys, t.Credits[i].Key)
	}
	for i := range all {
		credits := all[i].of(currency)
		if credits == nil {
			continue
		}
		name := all[i].options.Model
		t.Unattributeds = append(t.Unattributeds, ModelValue{name, credits.UnattributedMinor})
		for _, k := range credits.Keys {
			if rows[k.Key] == nil {
				rows[k.Key] = map[string]int64{}
			}
			rows[k.Key][name] = k.Minor
			if !slices.Contains(keys, k.Key) {
				keys = append(keys, k.Key)
			}
		}
	}
	for _, k := range keys {
		row := ModelRow{Key: k, Models: []ModelValue{}}
		for i := range all {
			row.Models = append(row.Models, ModelValue{all[i].options.Model, rows[k][all[i].options.Model]})
		}
		t.Comparison = append(t.Comparison, row)
	}
}

// holdoutOf counts the groups and who of them bought.
func holdoutOf(paths *CreditPaths) (h Holdout) {
	bought := map[live.PersonID]bool{}
	for i := range paths.Journeys {
		bought[paths.Journeys[i].Person] = true
	}
	for person, arm := range paths.Arms {
		g := &h.Treated
		if arm == conversion.ArmControl {
			g = &h.Control
		}
		g.Persons++
		if bought[person] {
			g.Buyers++
		}
	}
	h.Control.Rate, h.Treated.Rate = ratioOf(h.Control.Buyers, h.Control.Persons), ratioOf(h.Treated.Buyers, h.Treated.Persons)
	return h
}
