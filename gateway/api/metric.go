package api

import (
	"context"

	"showrunner/analytics"
	"showrunner/live"
)

// Metric is one row of the metric dictionary on the wire.
type Metric struct {
	Key     string `json:"key" example:"gmv_paid_minor"`
	NameZH  string `json:"name_zh"`
	NameEN  string `json:"name_en"`
	Unit    string `json:"unit" doc:"count, persons, ms, minor (minor units of the currency) or ratio."`
	Rate    bool   `json:"rate" doc:"Given as numerator, denominator and value."`
	Money   bool   `json:"money" doc:"Left out for roles without the right to money."`
	Formula string `json:"formula" doc:"The definition, in words."`
}

type metricsOutput struct {
	Body struct {
		Items []Metric `json:"items"`
	}
}

func (a *API) metrics() {
	add(a, Route{ID: "list-metrics", Method: "GET", Path: "/v1/metrics", Tag: "Figures", Summary: "Read the definition of every figure"}, a.listMetrics)
}

func (a *API) listMetrics(context.Context, live.Principal, *struct{}) (*metricsOutput, error) {
	out := &metricsOutput{}
	for i := range analytics.Metrics {
		m := &analytics.Metrics[i]
		out.Body.Items = append(out.Body.Items, Metric{
			Key: m.Key, NameZH: m.ZH, NameEN: m.EN, Unit: string(m.Unit), Rate: m.IsRate(), Money: m.Money, Formula: m.Formula,
		})
	}
	return out, nil
}
