package report

import (
	"context"
	"fmt"
	"time"

	"showrunner/analytics"
	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

// Source answers what a report is made of.
type Source interface {
	// Figures counts the facts of a show received at or before asOf.
	Figures(ctx context.Context, merchant live.MerchantID, show live.Show, asOf time.Time) (analytics.Figures, error)
	// Metrics counts what [analytics.Reading.Values] are made of, of each of many
	// shows of a merchant, in their order.
	Metrics(ctx context.Context, merchant live.MerchantID, shows []analytics.ShowAt) ([]analytics.Figures, error)
	// Journeys gives every paid order of the show as of asOf, with the touches
	// of its buyer within the window before the payment.
	Journeys(ctx context.Context, merchant live.MerchantID, show live.ShowID, asOf time.Time, window time.Duration) ([]conversion.Journey, error)
	// Assisted tells which orders were paid after an agent had served the buyer.
	Assisted(ctx context.Context, q conversion.AssistQuestion) ([]conversion.AssistTotal, error)
	// Complained tells what the orders of a show were complained of as of asOf,
	// and the brief that the next show of its room had then.
	Complained(ctx context.Context, show live.Show, asOf time.Time) (analytics.Complained, error)
	// FedGroups tells which groups people joined out of a show, and how they lived.
	FedGroups(ctx context.Context, q conversion.FedQuestion) ([]conversion.FedGroup, error)
	// ServedSessions tells how the service sessions opened in a show went.
	ServedSessions(ctx context.Context, q conversion.ServedQuestion) ([]conversion.Served, error)
	// Felt tells how service felt around a show, as of asOf and by the rules of then.
	Felt(ctx context.Context, show live.Show, asOf time.Time) (analytics.Felt, error)
	// ShowsBefore are the shows of a merchant in a currency that ended before an
	// instant, the last ones first, without rehearsals.
	ShowsBefore(ctx context.Context, m live.MerchantID, c live.Currency, before time.Time, most int) ([]live.Show, error)
	// Targets are those of a merchant that held at an instant.
	Targets(ctx context.Context, m live.MerchantID, at time.Time) ([]analytics.Target, error)
}

// Build makes the report of a show as of an instant, with every attribution
// model over [conversion.DefaultWindow]. From [analytics.FinalAt] on the report is
// made as of that instant, and what came in since stands beside it.
func Build(ctx context.Context, source Source, show live.Show, asOf time.Time) (analytics.Report, error) {
	through := asOf.UTC().Truncate(time.Millisecond)
	asOf, final := analytics.Frozen(analytics.AsOf(show, through), through)
	asOf = asOf.UTC()
	figures, err := source.Figures(ctx, show.Merchant, analytics.AsOf(show, asOf), asOf)
	if err != nil {
		return analytics.Report{}, fmt.Errorf("report figures of show %s: %w", show.ID, err)
	}
	figures.AsOf = asOf
	var journeys []conversion.Journey
	if !show.Rehearsal {
		journeys, err = source.Journeys(ctx, show.Merchant, show.ID, asOf, conversion.DefaultWindow)
		if err != nil {
			return analytics.Report{}, fmt.Errorf("report journeys of show %s: %w", show.ID, err)
		}
	}
	var credits []attribution.Result
	for _, m := range attribution.Models() {
		credits = append(credits, attribution.Attribute(m, journeys, conversion.DefaultWindow))
	}
	r, err := analytics.ReportOf(show, figures, credits, conversion.DefaultWindow)
	if err != nil {
		return analytics.Report{}, fmt.Errorf("report of show %s: %w", show.ID, err)
	}
	if r.Through = through; final && through.After(asOf) {
		now, err := source.Figures(ctx, show.Merchant, show, through)
		if err != nil {
			return analytics.Report{}, fmt.Errorf("report figures of show %s after day %d: %w", show.ID, analytics.FinalDays, err)
		}
		r.AfterFinal = analytics.Corrections(&r.Figures, &now)
	}
	assisted := analytics.Assisted{Window: conversion.AssistWindow}
	if !show.Rehearsal {
		zone := zoneOf(show.TimeZone)
		assisted.Totals, err = source.Assisted(ctx, conversion.AssistQuestion{
			Scope: conversion.Scope{Merchant: show.Merchant, Zone: zone, AsOf: asOf}, Until: conversion.DayOf(asOf, zone) + 2, Show: show.ID, Window: assisted.Window,
		})
		if err != nil {
			return analytics.Report{}, fmt.Errorf("report service of show %s: %w", show.ID, err)
		}
	}
	var fed []conversion.FedGroup
	if !show.Rehearsal && !show.StartedAt.IsZero() {
		// Until through: most of what is asked lies behind the day the figures are final.
		zone := zoneOf(show.TimeZone)
		fed, err = source.FedGroups(ctx, conversion.FedQuestion{
			Scope: conversion.Scope{Merchant: show.Merchant, Zone: zone, AsOf: through}, Show: show.ID, From: conversion.DayOf(show.StartedAt, zone),
		})
		if err != nil {
			return analytics.Report{}, fmt.Errorf("report groups of show %s: %w", show.ID, err)
		}
	}
	r.Fed = analytics.FedTable(fed)
	r.Service = analytics.ServiceTable(&assisted)
	var complained analytics.Complained
	if !show.Rehearsal {
		if complained, err = source.Complained(ctx, show, asOf); err != nil {
			return analytics.Report{}, fmt.Errorf("report complaints of show %s: %w", show.ID, err)
		}
	}
	r.Complaints, r.Keywords, r.Brief = analytics.ComplaintTable(&complained), analytics.KeywordTable(&complained), analytics.BriefTable(&complained)
	if err := service(ctx, source, show, &r, asOf); err != nil {
		return analytics.Report{}, err
	}
	if err := benchmarks(ctx, source, &r); err != nil {
		return analytics.Report{}, fmt.Errorf("report benchmarks of show %s: %w", show.ID, err)
	}
	r.Days = analytics.DayTable(r.Show, &r.Figures, zoneOf(r.Show.TimeZone))
	return r, nil
}

// service adds the service sessions of the show, and how service felt around it.
func service(ctx context.Context, source Source, show live.Show, r *analytics.Report, asOf time.Time) error {
	var served []conversion.Served
	var felt analytics.Felt
	if !show.Rehearsal && !show.StartedAt.IsZero() {
		var err error
		if served, err = source.ServedSessions(ctx, conversion.ServedQuestion{Scope: conversion.Scope{Merchant: show.Merchant, Zone: zoneOf(show.TimeZone), AsOf: asOf}, Show: show.ID}); err != nil {
			return fmt.Errorf("report service sessions of show %s: %w", show.ID, err)
		}
		if felt, err = source.Felt(ctx, analytics.AsOf(show, asOf), asOf); err != nil {
			return fmt.Errorf("report temperature of show %s: %w", show.ID, err)
		}
	}
	r.Served, r.Felt = analytics.ServedTable(served), analytics.FeltTable(&felt)
	return nil
}

// zoneOf finds the show's time zone, which was checked when its room was made.
// Without its rules here the report is in UTC and says so, which is better than
// no report.
func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return time.UTC
	}
	return zone
}
