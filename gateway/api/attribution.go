package api

import (
	"context"
	"time"

	"showrunner/analytics"
	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

// Bounds of the window of an attribution.
const (
	minCreditWindow = time.Minute
	maxCreditWindow = 90 * 24 * time.Hour
)

// Attribution is a show's money divided over what led to it.
type Attribution struct {
	ShowID      string             `json:"show_id"`
	Model       string             `json:"model"`
	Parameters  map[string]string  `json:"parameters,omitempty" doc:"What the model was made with."`
	Version     int                `json:"version" doc:"Of the arithmetic: results of two versions are not compared."`
	Rules       string             `json:"rule_version" doc:"Of the rules by which facts are touches of a stage now."`
	RulesSeen   []string           `json:"rule_versions" doc:"Of the rules that made the touches of these orders, as they came in; empty for those from before rules had versions."`
	WindowS     int64              `json:"window_s" doc:"How far back from the payment a touch counts, both ends included."`
	By          string             `json:"by"`
	AsOf        Time               `json:"as_of"`
	Provisional bool               `json:"provisional" doc:"More facts may come."`
	Complete    bool               `json:"complete" doc:"Every fact received until as_of is in."`
	Totals      []AttributionTotal `json:"totals" doc:"One for each currency."`
}

type attributionOutput struct{ Body Attribution }

func (a *API) attributions() {
	a.merchantAttributions()
	add(a, Route{
		ID: "get-attribution", Method: "GET", Path: "/v1/shows/{show_id}/attribution", Tag: "Figures", Summary: "Divide a show's money over what led to it",
		Text: "The credits of each currency and `unattributed_minor` sum to `value_minor` exactly, for every model; with the window of 168h they are those of the report as of the same instant. " +
			"`provisional` until 30 x 24 h after the end of the show, as in the report. Reading it is recorded in the audit log.",
		Actions: []live.Action{live.ActReport},
	}, a.getAttribution)
	add(a, Route{
		ID: "get-order-attribution", Method: "GET", Path: "/v1/attribution/orders/{order_id}", Tag: "Figures", Summary: "Say why an order's money went where it did",
		Text:    "Every touch of the buyer before the payment, with its weight, its money, and the rule that let it earn or kept it out. An order that is not paid is 409 `order_not_paid`.",
		Actions: []live.Action{live.ActReport},
	}, a.getCreditWhy)
}

func (a *API) getAttribution(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	Model  string `query:"model" enum:"first,last,last_non_direct,linear,position,time_decay" default:"last"`
	Window string `query:"window" default:"168h" doc:"1m to 2160h."`
	By     string `query:"by" enum:"stage,channel,channel_l1,flow,agent,group,show,entry,host,campaign,referrer" default:"channel" doc:"What the credits are of. channel_l1 is the first of the two levels of a channel."`
	AsOf   string `query:"as_of" doc:"RFC 3339: only facts received until then; now when left out."`
},
) (*attributionOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	model, window, err := creditRule(in.Model, in.Window)
	if err != nil {
		return nil, err
	}
	asked, err := a.asOf(in.AsOf)
	if err != nil {
		return nil, err
	}
	paths, err := a.cfg.Figures.Journeys(ctx, s, asked, window)
	if err != nil {
		return nil, err
	}
	if err := a.audit(ctx, p, s.Merchant, s.ID, string(live.ActReport), map[string]any{"attribution": in.Model, "by": in.By}); err != nil {
		return nil, err
	}
	plan := attribution.Plan{Model: model, Policy: conversion.Policy{Window: window}}
	r, stages := plan.Attribute(paths.Journeys), plan.Stages(paths.Journeys, stageDimensions...)
	out := Attribution{
		ShowID: string(s.ID), Model: r.Model, Parameters: r.Params, Version: r.Version, WindowS: int64(window.Seconds()), By: in.By,
		AsOf: Time{paths.AsOf}, Provisional: !paths.Final || !paths.Complete, Complete: paths.Complete, Totals: []AttributionTotal{},
	}
	out.Rules, out.RulesSeen = a.cfg.Rules, append([]string{}, r.Rules...)
	for _, t := range r.Totals {
		out.Totals = append(out.Totals, attributionTotal(&r, &t, in.By, stages[t.Currency]))
	}
	return &attributionOutput{out}, nil
}

// Paths are the journeys of a show as of an instant.
type Paths struct {
	Journeys []conversion.Journey
	AsOf     time.Time
	Final    bool // see [analytics.FinalDays]
	Complete bool // every fact received until AsOf is in
}

// PathsOf freezes the instant as the report does and gets the journeys as of it.
// A rehearsal has none.
func PathsOf(s live.Show, asOf time.Time, journeys func(asOf time.Time) ([]conversion.Journey, error)) (p Paths, err error) {
	asOf = asOf.UTC().Truncate(time.Millisecond)
	p.AsOf, p.Final = analytics.Frozen(analytics.AsOf(s, asOf), asOf)
	p.AsOf = p.AsOf.UTC()
	if !s.Rehearsal {
		p.Journeys, err = journeys(p.AsOf)
	}
	return p, err
}
