package api

import (
	"context"
	"errors"
	"fmt"
	"math"

	"showrunner/conversion"
	"showrunner/conversion/lifetime"
	"showrunner/live"
)

// maxLifetimeBuyers bounds the buyers of one fit: what one request can carry.
const maxLifetimeBuyers = 100_000

// Lifetime is the answer of GET /v1/retention/lifetime.
type Lifetime struct {
	Span
	Currency    string            `json:"currency"`
	HorizonDays int               `json:"horizon_days"`
	Buyers      int               `json:"buyers"`
	Process     LifetimeModel     `json:"process" doc:"BG/NBD: r, alpha (days), a, b."`
	Calibration []LifetimeBin     `json:"calibration" doc:"Buyers by repeat days, and how many the model says."`
	Spend       *LifetimeModel    `json:"spend" doc:"Gamma-Gamma: p, q, gamma (minor units); null without a fit."`
	SpendReason string            `json:"spend_reason,omitempty" doc:"Why there is none."`
	Alive       float64           `json:"expected_alive" doc:"Buyers who are expected to be still there."`
	Orders      float64           `json:"expected_orders" doc:"Repeat days of all buyers within the horizon."`
	Value       *int64            `json:"expected_value_minor" doc:"Of those days; null without a model of money."`
	Items       []LifetimeOutlook `json:"items" doc:"Highest expected value first."`
}

// LifetimeModel is a fitted model.
type LifetimeModel struct {
	Parameters    []LifetimeParameter `json:"parameters"`
	LogLikelihood float64             `json:"log_likelihood"`
	Buyers        int                 `json:"buyers" doc:"Whom it was fitted to."`
	Correlation   *float64            `json:"correlation,omitempty" doc:"Of the number and the mean of repeat orders: the model of money supposes it to be near 0."`
}

// LifetimeParameter is one parameter with its standard error.
type LifetimeParameter struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Error float64 `json:"standard_error"`
}

// LifetimeBin is one row of the calibration.
type LifetimeBin struct {
	Repeat   int     `json:"repeat" doc:"The last one: so many or more."`
	Buyers   int     `json:"buyers"`
	Expected float64 `json:"expected"`
}

// LifetimeOutlook is what is expected of one buyer.
type LifetimeOutlook struct {
	PersonID string  `json:"person_id"`
	Repeat   int     `json:"repeat" doc:"Days with an order after the first."`
	Recency  int     `json:"recency_days" doc:"From the first order to the last: not the days since the last."`
	Age      int     `json:"age_days" doc:"Since the first order."`
	Mean     *int64  `json:"mean_minor" doc:"Net, of a repeat day; null without any."`
	Alive    float64 `json:"p_alive"`
	Orders   float64 `json:"expected_orders"`
	Value    *int64  `json:"expected_value_minor"`
}

func (a *API) getLifetime(ctx context.Context, p live.Principal, in *struct {
	RangeQuery
	Currency string `query:"currency" doc:"Needed when there are orders in several." maxLength:"3"`
	Horizon  int    `query:"horizon_days" minimum:"1" maximum:"1825" default:"90"`
	Limit    int    `query:"limit" minimum:"1" maximum:"10000" default:"100" doc:"How many buyers to list."`
},
) (*sheetOutput, error) {
	scope, from, until, span, err := a.days(ctx, p, &in.RangeQuery, 0)
	if err != nil {
		return nil, err
	}
	q := conversion.BuyerQuestion{Scope: scope, From: conversion.DayOf(from, scope.Zone), Until: conversion.DayOf(until, scope.Zone)}
	if q.Currency, err = a.currency(ctx, scope, in.Currency); err != nil {
		return nil, err
	}
	rows, err := a.cfg.Retention.Repeaters(ctx, q, maxLifetimeBuyers+1)
	if err != nil {
		return nil, err
	}
	if len(rows) > maxLifetimeBuyers {
		return nil, live.Conflict("lifetime_too_many", "there are more than %d buyers: name a later first day, or a room", maxLifetimeBuyers)
	}
	// The data ends with the last day of the range, or today.
	end := min(q.Until-1, scope.Today())
	buyers := make([]lifetime.Buyer, len(rows))
	for i, r := range rows {
		buyers[i] = lifetime.Buyer{Repeat: r.Repeat, Recency: float64(r.Last - r.First), Age: float64(max(end, r.Last) - r.First)}
		if r.Repeat > 0 {
			buyers[i].Mean = float64(r.Money) / float64(r.Repeat)
		}
	}
	f, err := lifetime.Look(buyers, float64(in.Horizon))
	switch {
	case errors.Is(err, lifetime.ErrTooSmall):
		return nil, live.Conflict("lifetime_too_few", "%s", err)
	case errors.Is(err, lifetime.ErrNoMaximum):
		return nil, live.Conflict("lifetime_no_fit", "%s", err)
	case err != nil:
		return nil, fmt.Errorf("fit the buyers of %s: %w", scope.Merchant, err)
	}
	if err := a.audit(ctx, p, scope.Merchant, "", string(live.ActReport), map[string]any{"lifetime": in.Horizon, "as_of": Time{scope.AsOf}}); err != nil {
		return nil, err
	}
	out := lifetimeOf(f, buyers, rows, in.Limit)
	out.Span, out.Currency, out.HorizonDays = span, string(q.Currency), in.Horizon
	return sheet(in.Format, "lifetime", out, func() [][]string { return lifetimeRows(&out) })
}

func lifetimeOf(f *lifetime.Forecast, buyers []lifetime.Buyer, rows []conversion.Repeater, limit int) Lifetime {
	out := Lifetime{Buyers: len(rows), Items: []LifetimeOutlook{}, Calibration: []LifetimeBin{}}
	out.Process = modelOf(f.Fitted, []string{"r", "alpha", "a", "b"}, f.Process.R, f.Process.Alpha, f.Process.A, f.Process.B)
	for _, b := range f.Calibration {
		out.Calibration = append(out.Calibration, LifetimeBin(b))
	}
	if f.SpendErr == nil {
		m := modelOf(f.SpendFitted, []string{"p", "q", "gamma"}, f.Spend.P, f.Spend.Q, f.Spend.Gamma)
		m.Correlation = &f.SpendFitted.Correlation
		out.Spend = &m
	} else {
		out.SpendReason = f.SpendErr.Error()
	}
	value := 0.0
	for i, o := range f.Outlooks {
		out.Alive += o.Alive
		out.Orders += o.Orders
		value += o.Value
		if i >= limit {
			continue
		}
		r := &rows[o.Index]
		item := LifetimeOutlook{
			PersonID: string(r.Person), Repeat: r.Repeat, Recency: int(r.Last - r.First), Age: int(buyers[o.Index].Age),
			Alive: o.Alive, Orders: o.Orders, Value: minor(o.Value),
		}
		if r.Repeat > 0 {
			item.Mean = minor(buyers[o.Index].Mean)
		}
		out.Items = append(out.Items, item)
	}
	out.Value = minor(value)
	return out
}

func modelOf(f lifetime.Fitted, names []string, values ...float64) LifetimeModel {
	m := LifetimeModel{LogLikelihood: f.LogLikelihood, Buyers: f.Buyers}
	for i, name := range names {
		m.Parameters = append(m.Parameters, LifetimeParameter{name, values[i], f.Errors[i]})
	}
	return m
}

// minor rounds an expectation to minor units; nil for none.
func minor(x float64) *int64 {
	if math.IsNaN(x) || math.Abs(x) > 1<<53 {
		return nil
	}
	n := int64(math.Round(x))
	return &n
}

func lifetimeRows(l *Lifetime) [][]string {
	rows := [][]string{{"person_id", "repeat", "recency_days", "age_days", "mean_minor", "p_alive", "expected_orders", "expected_value_minor", "currency"}}
	cell := func(n *int64) string {
		if n == nil {
			return ""
		}
		return number(*n)
	}
	for _, b := range l.Items {
		rows = append(rows, []string{
			plain(b.PersonID), fmt.Sprint(b.Repeat), fmt.Sprint(b.Recency), fmt.Sprint(b.Age), cell(b.Mean), decimal(b.Alive), decimal(b.Orders), cell(b.Value), l.Currency,
		})
	}
	return rows
}
