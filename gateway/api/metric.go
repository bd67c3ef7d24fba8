package api

import (
	"context"

	"showrunner/analytics"
	"showrunner/live"
)

// Metric is one row of the metric dictionary on the wire.
type Metric struct {
	Key         string   `json:"key" example:"gmv_paid_minor"`
	NameZH      string   `json:"name_zh"`
	NameEN      string   `json:"name_en"`
	Unit        string   `json:"unit" doc:"count, persons, ms, days, minor (minor units of the currency), ratio or score."`
	Rate        bool     `json:"rate" doc:"Given as numerator, denominator and value."`
	Money       bool     `json:"money" doc:"Left out for roles without the right to money."`
	Formula     string   `json:"formula" doc:"The definition, in words."`
	FormulaZH   string   `json:"formula_zh" doc:"The same in Chinese."`
	Numerator   string   `json:"numerator,omitempty" doc:"Of a rate, in words."`
	Denominator string   `json:"denominator,omitempty" doc:"Of a rate, in words."`
	Axis        string   `json:"axis" doc:"What it is of: show, ladder, person, referral, retention, lifetime, funnel, attribution, ledger, settlement, group, service, session, entry, complaint, finding or need."`
	Source      string   `json:"source" doc:"Where the definition comes from; own: ours."`
	At          []string `json:"at,omitempty" doc:"Where it stands in this document, as schema.member, or as schema.key of a list whose items name their figure in key; those of shows stand under their key."`
}

type metricsOutput struct {
	Body struct {
		Items []Metric `json:"items"`
	}
}

func (a *API) metrics() {
	add(a, Route{
		ID: "list-metrics", Method: "GET", Path: "/v1/metrics", Tag: "Figures", Summary: "Read the definition of every figure",
		Text: "Every figure that any answer has, with its names in Chinese and English, formula, parts, axis and source. No answer has a figure that is not here.",
	}, a.listMetrics)
}

func (a *API) listMetrics(context.Context, live.Principal, *struct{}) (*metricsOutput, error) {
	out := &metricsOutput{}
	for _, d := range analytics.Definitions() {
		out.Body.Items = append(out.Body.Items, Metric{
			Key: d.Key, NameZH: d.ZH, NameEN: d.EN, Unit: string(d.Unit), Rate: d.Denominator != "", Money: d.Money, Formula: d.Formula, FormulaZH: d.FormulaZH,
			Numerator: d.Numerator, Denominator: d.Denominator, Axis: string(d.Axis), Source: d.Source, At: d.At,
		})
	}
	return out, nil
}
