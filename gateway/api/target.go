package api

import (
	"context"

	"showrunner/analytics"
	"showrunner/live"
)

// ReportTarget is what a merchant wants of a main figure.
type ReportTarget struct {
	Metric string `json:"metric" maxLength:"64" doc:"Key of a main figure, as in benchmarks of the report."`
	Num    int64  `json:"numerator" minimum:"0" doc:"The count or amount wanted, or the numerator of the rate."`
	Den    int64  `json:"denominator,omitempty" minimum:"0" doc:"Of a rate alone."`
}

// ReportTargets are the targets of a merchant.
type ReportTargets struct {
	Targets []ReportTarget `json:"targets" maxItems:"50"`
}

type targetsOutput struct{ Body ReportTargets }

func (a *API) targets() {
	const tag = "Figures"
	add(a, Route{
		ID: "get-targets", Method: "GET", Path: "/v1/targets", Tag: tag, Summary: "Read what the merchant wants of the main figures", Actions: []live.Action{live.ActReport},
	}, a.getTargets)
	add(a, Route{
		ID: "put-targets", Method: "PUT", Path: "/v1/targets", Tag: tag, Summary: "Declare what the main figures should be",
		Text:    "Replaces all targets. Reports as of an instant from now on are held against them, before the median of the own shows; reports as of an earlier instant keep the targets that held then.",
		Actions: []live.Action{live.ActReportPlan}, body: ReportTargets{},
		example: map[string]any{"targets": []map[string]any{{"metric": "view_to_pay", "numerator": 5, "denominator": 100}, {"metric": "orders_paid", "numerator": 200}}},
	}, a.putTargets)
}

func (a *API) getTargets(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*targetsOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	return a.targetsOf(ctx, m)
}

func (a *API) putTargets(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	rawBody
},
) (*targetsOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	if p.Rooms != nil {
		return nil, live.Forbidden("room_forbidden", "targets are of the whole merchant, and the token is limited to rooms")
	}
	b, err := decode[ReportTargets](in.RawBody)
	if err != nil {
		return nil, err
	}
	list := make([]analytics.Target, len(b.Targets))
	for i, t := range b.Targets {
		list[i] = analytics.Target{Metric: t.Metric, Num: t.Num, Den: t.Den}
	}
	if err := a.cfg.Plan.PutTargets(ctx, m, list, p.Actor()); err != nil {
		return nil, err
	}
	return a.targetsOf(ctx, m)
}

func (a *API) targetsOf(ctx context.Context, m live.MerchantID) (*targetsOutput, error) {
	list, err := a.cfg.Plan.Targets(ctx, m, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	out := &targetsOutput{ReportTargets{Targets: make([]ReportTarget, len(list))}}
	for i, t := range list {
		out.Body.Targets[i] = ReportTarget{Metric: t.Metric, Num: t.Num, Den: t.Den}
	}
	return out, nil
}
